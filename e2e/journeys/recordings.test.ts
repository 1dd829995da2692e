import { createHash } from 'node:crypto';
import { expect } from 'chai';
import { start as startLegacy } from '#e2e/servers/legacy-fixture.ts';
import type { Running } from '#e2e/servers/run-fixture.ts';
import type { Fixture } from '#e2e/servers/serve.ts';
import { Secrets } from './leaks.ts';
import { LegacySession, toolCall } from './legacy-session.ts';
import { leaksOf } from './planted.ts';
import { recordingKeyOf, sessionsOf, timelineOf } from './recordings.ts';
import { type Rig, type Spec, startRig } from './rig.ts';
import { startTattlingServer, type Tattle } from './tattling-server.ts';
import { callTool, jsonHeaders, LEGACY, modern, type Sent, send } from './wire.ts';

const FULL: Spec = {
  evidence: { record: 'Full' },
  rules: [
    { name: 'all', effect: 'Allow', match: { tools: ['*'] } },
    { name: 'asks', effect: 'Allow', match: { methods: ['elicitation/create'] } },
    { name: 'nobody', effect: 'Deny', match: { tools: ['delete_everything'] } },
  ],
};

function legacyCall(token: string, name: string, args: object): Sent {
  const params = { name, arguments: args };
  return {
    headers: [...jsonHeaders(token), ['mcp-protocol-version', LEGACY]],
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params }),
  };
}

function modernCall(token: string, name: string, args: object): Sent {
  return modern(token, callTool(name, args));
}

const ERAS = [
  { era: 'legacy', call: legacyCall },
  { era: 'modern', call: modernCall },
] as const;
const FORMS: readonly { form: string; tool: Tattle; streamed: readonly string[] }[] = [
  { form: 'JSON', tool: 'result', streamed: [] },
  {
    form: 'SSE',
    tool: 'progress_and_logs',
    streamed: ['notifications/progress', 'notifications/message'],
  },
];

for (const { era, call } of ERAS) {
  for (const { form, tool, streamed } of FORMS) {
    describe(`a recorded ${era} call that is answered with ${form}`, () => {
      const secrets = new Secrets();
      const tale = secrets.plant('answer');
      const argument = secrets.plant('argument');
      let rig: Rig<Running>;
      let sent: Sent;
      let heard: readonly string[];
      before(async () => {
        rig = await startRig({
          server: () => startTattlingServer(new Map([[tool, tale]])),
          specs: [FULL],
        });
        sent = call(await rig.token(), tool, { argument });
        const { headers, text } = await send(rig.url, sent);
        const isStream = String(headers['content-type']).startsWith('text/event-stream');
        expect(isStream).to.equal(form === 'SSE');
        heard = isStream
          ? [...text.matchAll(/^data: ?(.+)$/gm)].map(([, data = '']) => data)
          : [text];
        await rig.concluded(`tool:${tool}`);
      });
      after(() => rig?.close());

      it('is read back as it was asked and answered, byte for byte', async () => {
        const timeline = await timelineOf(rig);

        const asked = timeline.find(({ target }) => target === `tool:${tool}`);
        expect(asked?.message?.text).to.equal(sent.body);
        expect(asked?.answer?.text).to.equal(heard.at(-1));
        const between = timeline.filter(({ type }) => type === 'stream.message');
        expect(between.map(({ method }) => method)).to.deep.equal(streamed);
        expect(between.map(({ message }) => message?.text)).to.deep.equal(heard.slice(0, -1));
      });

      it('is bound to the chain by commitments that its salts prove', async () => {
        const recorded = (await timelineOf(rig)).flatMap((entry) => [
          { payload: entry.payload, message: entry.message },
          { payload: entry.answerPayload, message: entry.answer },
        ]);

        const proven = recorded.filter(({ payload }) => payload !== undefined);
        expect(proven).to.have.lengthOf(2 + streamed.length);
        for (const { payload, message } of proven) {
          const proof = createHash('sha256')
            .update('gatehouse/commitment/v1\n')
            .update(Buffer.from(message?.salt ?? '', 'hex'))
            .update(message?.text ?? '')
            .digest('hex');
          expect(payload?.commitment).to.equal(proof);
        }
      });

      it('is replayed in the order in which it went past', async () => {
        const [id = ''] = await sessionsOf(rig);
        const key = recordingKeyOf(rig);

        const replay = ['replay', id, '--data', rig.data, '--recording-key', key];
        const { code, stdout } = await rig.cli('sessions', ...replay, '--json');

        const steps = stdout
          .trimEnd()
          .split('\n')
          .map((line) => JSON.parse(line));
        const texts = steps
          .map(({ message }) => message?.text)
          .filter((text) => text !== undefined);
        expect(code).to.equal(0);
        expect(texts).to.deep.equal([sent.body, ...heard]);
        expect(steps.at(0)?.direction).to.equal('toServer');
        expect(new Set(steps.slice(1).map(({ direction }) => direction))).to.deep.equal(
          new Set(['toClient']),
        );
      });

      it('lies nowhere in the clear', async () => {
        expect(await leaksOf(rig, secrets)).to.deep.equal([]);
      });
    });
  }
}

describe('a recorded session of the legacy era', () => {
  let rig: Rig<Fixture>;
  let session: LegacySession;
  before(async () => {
    rig = await startRig({ server: () => startLegacy(), specs: [FULL] });
    session = await LegacySession.open(rig.url, await rig.token(), { elicitation: {} });
  });
  after(() => rig?.close());

  it('holds the questions of the server and the answers of the client', async () => {
    const stream = await session.stream(toolCall(2, 'test_elicitation', { message: 'Who?' }));
    const question = await stream.message('a question', ({ method }) => method !== undefined);
    const content = { username: 'ada', email: 'ada@example.com' };
    await session.post({ id: Number(question.id), result: { action: 'accept', content } });
    await stream.answer(2);
    await rig.concluded('tool:test_elicitation');

    const timeline = await timelineOf(rig);
    const asked = timeline.find(({ method }) => method === 'elicitation/create');
    const answered = timeline.find(({ method }) => method === 'response');

    expect(JSON.parse(asked?.message?.text ?? '{}').params.message).to.equal('Who?');
    expect(JSON.parse(answered?.message?.text ?? '{}').result.content).to.deep.equal(content);
  });

  it('holds what was asked of a tool that nobody may call, and no answer', async () => {
    await session.post(toolCall(3, 'delete_everything', { sure: true }));
    await rig.concluded('tool:delete_everything');

    const denied = (await timelineOf(rig)).find(({ target }) => target?.includes('delete'));

    expect(JSON.parse(denied?.message?.text ?? '{}').params.arguments).to.deep.equal({
      sure: true,
    });
    expect(denied).to.include({ outcome: 'refused' });
    expect(denied).not.to.have.property('answer');
  });
});
