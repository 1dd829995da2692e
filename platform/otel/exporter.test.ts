import { JsonTraceSerializer } from '@opentelemetry/otlp-transformer';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import { expect } from 'chai';
import { TRACES } from './codecs.ts';
import { createExporter, type Exporter } from './exporter.ts';
import {
  type Answering,
  endpointAt,
  type LocalReceiver,
  startReceiver,
} from './receiver.fixture.ts';

describe('an exporter of one signal', () => {
  const open: { receiver?: LocalReceiver; exporter?: Exporter<ReadableSpan[]> } = {};
  afterEach(async () => {
    open.exporter?.close();
    await open.receiver?.close();
  });

  async function sendTo(answer: Answering) {
    open.receiver = await startReceiver(answer);
    open.exporter = await createExporter(
      endpointAt(open.receiver.url, { encoding: 'json' }),
      TRACES,
    );
    return open.exporter.send([]);
  }

  const json = (body: object): Answering => {
    return (res) => res.setHeader('content-type', 'application/json').end(JSON.stringify(body));
  };

  it("sends what the SDK's serializer writes", async () => {
    const delivery = await sendTo(json({}));

    expect(delivery).to.deep.equal({ kind: 'delivered', rejected: 0 });
    expect(open.receiver?.received[0]?.body).to.deep.equal(
      Buffer.from(JsonTraceSerializer.serializeRequest([]) ?? ''),
    );
  });

  const answers: { name: string; answer: Answering; rejected: number }[] = [
    { name: 'a number', answer: json({ partialSuccess: { rejectedSpans: 3 } }), rejected: 3 },
    {
      name: 'a text, as JSON has 64-bit numbers',
      answer: json({ partialSuccess: { rejectedSpans: '3' } }),
      rejected: 3,
    },
    {
      name: 'less than none',
      answer: json({ partialSuccess: { rejectedSpans: -3 } }),
      rejected: 0,
    },
    { name: 'nonsense', answer: json({ partialSuccess: { rejectedSpans: 'all' } }), rejected: 0 },
    {
      name: 'only a warning',
      answer: json({ partialSuccess: { errorMessage: 'x' } }),
      rejected: 0,
    },
    { name: 'what is no JSON', answer: (res) => res.end('fine!'), rejected: 0 },
  ];
  for (const { name, answer, rejected } of answers) {
    it(`counts as rejected ${rejected} when the receiver answers ${name}`, async () => {
      expect(await sendTo(answer)).to.deep.equal({ kind: 'delivered', rejected });
    });
  }

  it('says how a receiver failed', async () => {
    const delivery = await sendTo((res) => res.writeHead(503).end());

    expect(delivery).to.deep.equal({ kind: 'failed', cause: 'http_503', isFinal: false });
  });

  it('does not reject when items cannot be written', async () => {
    open.receiver = await startReceiver(json({}));
    open.exporter = await createExporter(endpointAt(open.receiver.url), TRACES);

    const delivery = await open.exporter.send([{} as ReadableSpan]);

    expect(delivery).to.deep.equal({ kind: 'failed', cause: 'encoding', isFinal: true });
  });
});
