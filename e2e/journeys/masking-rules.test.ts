import { expect } from 'chai';
import { Secrets } from './leaks.ts';
import { leaksOf } from './planted.ts';
import { recordingKeyOf, timelineOf } from './recordings.ts';
import { type Rig, type Spec, startRig } from './rig.ts';
import { event, json, type ScriptedServer, sse, startScripted } from './scripted-server.ts';
import { plantAll, plantEmail } from './sensitive-values.ts';
import { callTool, messageOf, modern, send } from './wire.ts';

type Masking = NonNullable<Spec['masking']>;

const RULES: NonNullable<Spec['rules']> = [
  { name: 'all', effect: 'Allow', match: { tools: ['*'] } },
];
const PII: Masking[number] = { name: 'pii', detectors: ['email'], action: 'Redact' };

function spec(masking: Masking, more: Partial<Spec> = {}): Spec {
  return { rules: RULES, evidence: { record: 'Full' }, masking, ...more };
}

function answer(result: object): string {
  return JSON.stringify({ jsonrpc: '2.0', id: 1, result: { resultType: 'complete', ...result } });
}

describe('masking by policy', () => {
  const secrets = new Secrets();
  let rig: Rig<ScriptedServer>;
  let token: string;
  before(async () => {
    rig = await startRig({ server: startScripted, specs: [spec([PII])] });
    token = await rig.token();
  });
  after(() => rig?.close());

  const call = async (name = 'echo', args: object = {}) =>
    send(rig.url, modern(token, callTool(name, args)));

  it('leaves every other byte of an answer as it came', async () => {
    const value = plantEmail(secrets, 'bytes');
    const before = `{ "id":1,\t"jsonrpc":"2.0","result":{"resultType":"complete","content":[{"type":"text","text":"a\\u00e9\\/ `;
    const after = ` \\ud83d\\ude00"}], "n": 12345678901234567890, "e":1.0e+2, "x": [ ] , "dup":"\\u0041"} }\n`;
    rig.server.play(json(`${before}${value}${after}`));

    const { text } = await call();

    expect(text).to.equal(`${before}[REDACTED:email]${after}`);
  });

  it('leaves the other events of a stream as they came, their ids and their line ends too', async () => {
    const value = plantEmail(secrets, 'events');
    const progress =
      'id: 7\r\nevent: message\r\ndata:{"jsonrpc":"2.0", "method":"notifications/progress","params":{"progressToken":1,"progress":1}}\r\n\r\n';
    const log = { method: 'notifications/message', params: { level: 'info', data: value } };
    rig.server.play(
      sse(
        `${progress}id: 8\n${event({ jsonrpc: '2.0', ...log })}${event(answer({ content: [] }))}`,
      ),
    );

    const { text } = await call();

    expect(text.startsWith(progress)).to.equal(true);
    expect(text).to.match(/id: 8\ndata: .*REDACTED:email.*\n\n/);
    expect(text.endsWith(event(answer({ content: [] })))).to.equal(true);
  });

  it('lets no comment and no unknown field through inside of an event', async () => {
    const value = plantEmail(secrets, 'comments');
    const said = `: ${value}\n\nid: 9\n: ${value}\nx-${value}: a\ndata: ${answer({ content: [] })}\nnote:${value}\n\n`;
    rig.server.play(sse(said));

    const { text } = await call();

    expect(text).to.equal(`:\n\n:\n\nid: 9\n${event(answer({ content: [] }))}`);
  });

  it('hides values in the names of events, and lets through no line that another replaces', async () => {
    const value = plantEmail(secrets, 'names of events');
    const named = `event: ${value}\nid: 7\ndata: ${answer({ content: [] })}\n\n`;
    const replaced = `event: ${value}\nevent: message\nid: 8\ndata:\n\n`;
    const strange = `event: \0\ndata: ${answer({ content: [{ type: 'text', text: value }] })}\n\n`;
    rig.server.play(sse(`${replaced}event: of ${value}\n\n${named}${strange}`));

    const { text } = await call();

    expect(text).to.include('event: [REDACTED:email]\n');
    expect(text).to.include('id: 8\nevent: message\n');
    expect(text).to.include('event: \0\n');
    expect(text).to.not.include(value);
  });

  it('hides values in methods that nobody has, and keeps those messages here', async () => {
    const value = plantEmail(secrets, 'the name of a method');
    const method = `notifications/${value}`;
    rig.server.play(sse(event({ jsonrpc: '2.0', method }) + event(answer({ content: [] }))));

    const { text } = await call();

    expect(text).to.equal(event(answer({ content: [] })));
    expect(JSON.stringify(await rig.records())).to.include('notifications/[REDACTED:email]');
  });

  it('is for the tools that a rule names, and for no others', async () => {
    const value = plantEmail(new Secrets(), 'of one tool alone');
    await rig.activate(spec([{ ...PII, tools: ['ref*'] }]));
    rig.server.play(json(answer({ content: [{ type: 'text', text: value }] })));

    const [refund, echo] = [await call('refund'), await call('echo')];

    expect(refund.text).to.not.include(value);
    expect(echo.text).to.include(value);
  });

  it('hides fields by name, in structured content and in the text that repeats it', async () => {
    await rig.activate(
      spec([{ name: 'pay', fields: ['**.salary', 'accounts.*.pin'], action: 'Drop' }]),
    );
    const structuredContent = { Sal_ary: 90_000, accounts: [{ pin: '1234', bank: 'a' }] };
    const content = [{ type: 'text', text: JSON.stringify(structuredContent) }];
    rig.server.play(json(answer({ content, structuredContent })));

    const { text } = await call();

    const masked = { accounts: [{ bank: 'a' }] };
    expect(text).to.equal(
      answer({
        content: [{ type: 'text', text: JSON.stringify(masked) }],
        structuredContent: masked,
      }),
    );
  });

  it('hides what patterns of its author match', async () => {
    await rig.activate(spec([{ name: 'staff', patterns: ['EMP-[0-9]{6}'], action: 'Redact' }]));
    rig.server.play(json(answer({ content: [{ type: 'text', text: 'EMP-123456 and EMP-12' }] })));

    expect((await call()).text).to.include('[REDACTED:staff] and EMP-12');
  });

  it('gives equal values equal tokens, over calls and restarts', async () => {
    await rig.activate(spec([{ ...PII, action: 'Hash' }]));
    const value = plantEmail(secrets, 'hashed');
    rig.server.play(json(answer({ content: [{ type: 'text', text: `${value}, ${value}` }] })));

    const first = (await call()).text.match(/tok_v1_[0-9a-f]{24}/g) ?? [];
    await rig.gatehouse.close();
    await rig.restart();
    const second = (await call()).text.match(/tok_v1_[0-9a-f]{24}/g) ?? [];

    expect(first).to.have.length(2);
    expect(new Set([...first, ...second]).size).to.equal(1);
  });

  it('withholds what it cannot mask, says so to the model, and records that it failed', async () => {
    // more ways through the pattern than there is time for
    await rig.activate(spec([{ name: 'slow', patterns: ['(a?){400}a{400}b'], action: 'Redact' }]));
    const value = plantEmail(secrets, 'unmaskable');
    rig.server.play(
      json(answer({ content: [{ type: 'text', text: value + 'a'.repeat(50_000) }] })),
    );

    const said = messageOf(await call('slow'));

    expect(said.result?.isError).to.equal(true);
    expect(said.result?.content?.[0]?.text).to.equal('the message could not be masked');
    const [exchange] = await rig.concluded('tool:slow');
    expect(exchange?.outcome?.outcome).to.include({
      status: 'withheld',
      refusal: 'content_withheld',
    });
    expect(exchange?.outcome?.masking).to.deep.equal({ redactions: [], withheld: 'failed' });
    expect(exchange?.outcome?.payload).to.equal(undefined);
  });

  it('keeps a blocked notification from its client, and its answer goes on', async () => {
    await rig.activate(spec([{ ...PII, action: 'Block' }]));
    const value = plantEmail(secrets, 'blocked log');
    const log = {
      jsonrpc: '2.0',
      method: 'notifications/message',
      params: { level: 'info', data: value },
    };
    rig.server.play(sse(`${event(log)}${event(answer({ content: [] }))}`));

    const { text } = await call('stream');

    expect(text).to.equal(event(answer({ content: [] })));
    const [exchange] = await rig.concluded('tool:stream');
    const between = exchange?.all.find(({ type }) => type === 'stream.message');
    expect(between?.decision).to.include({ effect: 'Deny' });
    expect(between?.masking).to.include({ withheld: 'blocked' });
  });

  it('computes and records while observing, and changes nothing unless told to', async () => {
    const value = plantEmail(new Secrets(), 'observed');
    const body = answer({ content: [{ type: 'text', text: value }] });
    rig.server.play(json(body));

    await rig.activate(spec([PII], { mode: 'Observe' }));
    const seen = await call('counter', { note: value });
    await rig.activate(spec([PII], { mode: 'Observe', observe: { mask: true } }));
    const masked = await call('counter');

    expect(seen.text).to.equal(body);
    expect(masked.text).to.include('[REDACTED:email]');
    const [observed, applied] = await rig.concluded('tool:counter', 2);
    expect(observed?.outcome?.masking).to.deep.include({ observed: true });
    expect(observed?.intent.masking?.redactions).to.have.length(1);
    expect(applied?.outcome?.masking).to.not.have.property('observed');
    const entries = await timelineOf(rig, 'alice', recordingKeyOf(rig));
    const texts = entries.flatMap(({ message, answer: said }) => [
      message?.text ?? '',
      said?.text ?? '',
    ]);
    expect(texts.join()).to.not.include(value);
  });

  it('lets what Enforce would block go on while observing, and records no copy of it', async () => {
    await rig.activate(spec([{ ...PII, action: 'Block' }], { mode: 'Observe' }));
    const value = plantEmail(new Secrets(), 'blocked, observed');
    rig.server.play(json(answer({ content: [] })));

    await call('add', { note: value });

    expect(rig.server.asked.at(-1)?.text).to.include(value);
    const [exchange] = await rig.concluded('tool:add');
    expect(exchange?.intent.masking).to.include({ withheld: 'blocked', observed: true });
    expect(exchange?.intent.payload).to.equal(undefined);
  });

  it('left no value behind, here or on the way', async () => {
    plantAll(secrets, 'nowhere');

    expect(await leaksOf(rig, secrets)).to.deep.equal([]);
  });
});
