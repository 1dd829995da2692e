import { expect } from 'chai';
import {
  leakingAnswers,
  leakingError,
  leakingNotifications,
  leakingResult,
  type Said,
} from './leaking-server.ts';
import { Secrets } from './leaks.ts';
import { leaksOf } from './planted.ts';
import { recordingKeyOf, sessionsOf, show } from './recordings.ts';
import { type Rig, type Spec, startRig } from './rig.ts';
import {
  event,
  json,
  type Script,
  type ScriptedServer,
  sse,
  startScripted,
} from './scripted-server.ts';
import { plantAll } from './sensitive-values.ts';
import {
  callTool,
  jsonHeaders,
  LEGACY,
  type ModernRequest,
  modern,
  type Sent,
  send,
} from './wire.ts';

/** Every kind of value, with every message on record. */
const SPEC: Spec = {
  evidence: { record: 'Full' },
  rules: [
    { name: 'tools', effect: 'Allow', match: { tools: ['*'] } },
    { name: 'resources', effect: 'Allow', match: { resources: ['crm://**'] } },
    { name: 'prompts', effect: 'Allow', match: { prompts: ['*'] } },
    { name: 'complete', effect: 'Allow', match: { methods: ['completion/complete'] } },
  ],
  masking: [
    {
      name: 'pii',
      action: 'Redact',
      detectors: [
        'email',
        'credit_card',
        'iban',
        'us_ssn',
        'ip',
        'jwt',
        'private_key',
        'aws_key',
        'github_token',
      ],
    },
  ],
};

function legacy(token: string, { method, params, id = 1 }: ModernRequest): Sent {
  return {
    headers: [...jsonHeaders(token), ['mcp-protocol-version', LEGACY]],
    body: JSON.stringify({ jsonrpc: '2.0', id, method, params }),
  };
}

const ERAS = [
  { era: 'legacy', write: legacy },
  { era: 'modern', write: modern },
] as const;

const READS: readonly ModernRequest[] = [
  { method: 'tools/list' },
  { method: 'prompts/list' },
  { method: 'resources/list' },
  { method: 'resources/templates/list' },
  { method: 'resources/read', params: { uri: 'crm://a' } },
  { method: 'prompts/get', params: { name: 'p' } },
  {
    method: 'completion/complete',
    params: { ref: { type: 'ref/prompt', name: 'p' }, argument: { name: 'a', value: 'b' } },
  },
];

/** Cut at every byte: a value that is split over writes is a value all the same. */
function inPieces(text: string): Script {
  return async (_, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    const bytes = Buffer.from(text);
    for (let at = 0; at < bytes.length; at += 97) response.write(bytes.subarray(at, at + 97));
    response.end();
  };
}

// Promise 6: unmasked values never reach a client, a log, a metric or a disk.
for (const { era, write } of ERAS) {
  describe(`masking in the ${era} era`, () => {
    const secrets = new Secrets();
    const answers = leakingAnswers(secrets);
    const told: string[] = [];
    let rig: Rig<ScriptedServer>;
    let token: string;
    before(async () => {
      rig = await startRig({ server: startScripted, specs: [SPEC] });
      token = await rig.token();
    });
    after(() => rig?.close());

    async function hear(asked: ModernRequest, script: Script): Promise<string> {
      rig.server.play(script);
      const { text, status } = await send(rig.url, write(token, asked));
      expect(status).to.equal(200);
      told.push(text);
      return text;
    }
    const rpc = (said: Said): object => ({ jsonrpc: '2.0', id: 1, ...said });

    it('hides every value of an answer in JSON, wherever it stands', async () => {
      const result = leakingResult(secrets, 'json');

      const text = await hear(callTool('echo'), json(JSON.stringify(rpc({ result }))));

      expect(secrets.foundIn(text)).to.deep.equal([]);
      const { content, structuredContent } = JSON.parse(text).result;
      expect(JSON.parse(content[1].text)).to.deep.equal(structuredContent);
    });

    it('hides every value of an error', async () => {
      const text = await hear(
        callTool('echo'),
        json(JSON.stringify(rpc(leakingError(secrets, 'json')))),
      );

      expect(secrets.foundIn(text)).to.deep.equal([]);
      expect(JSON.parse(text).error).to.include({ code: -32000 });
    });

    it('hides every value inside of an event stream, whatever its chunks', async () => {
      const notifications = leakingNotifications(secrets, 'sse');
      const said = [...notifications, { id: 1, result: leakingResult(secrets, 'sse') }];
      const events = said.map((each) => event({ jsonrpc: '2.0', ...each })).join('');

      const text = await hear(callTool('echo', {}, { progressToken: 'p' }), inPieces(events));

      expect(secrets.foundIn(text)).to.deep.equal([]);
      expect(text.match(/^data:/gm)).to.have.length(said.length);
    });

    it('hides a value that the lines of one event divide', async () => {
      const value = plantAll(secrets, 'lines');
      const message = JSON.stringify(
        rpc({ result: { resultType: 'complete', content: [{ type: 'text', text: value }] } }),
        null,
        1,
      );
      const divided = `event: message\r\ndata: ${message.split('\n').join('\r\ndata: ')}\r\n\r\n`;

      const text = await hear(callTool('echo'), sse(divided));

      expect(secrets.foundIn(text)).to.deep.equal([]);
      expect(text).to.include('[REDACTED:email]');
    });

    for (const asked of READS) {
      it(`hides every value of ${asked.method}`, async () => {
        const said = answers.get(asked.method) ?? {};

        const text = await hear(asked, json(JSON.stringify(rpc(said))));

        expect(secrets.foundIn(text)).to.deep.equal([]);
        expect(text).to.include('[REDACTED:iban]');
      });
    }

    it('lets the arguments of a call reach the server as they were said', async () => {
      const note = plantAll(secrets, 'arguments');
      const call = callTool('echo', { note, deep: { [note]: note } });

      await hear(
        call,
        json(JSON.stringify(rpc({ result: { resultType: 'complete', content: [] } }))),
      );

      expect(rig.server.asked.at(-1)?.text).to.equal(write(token, call).body);
    });

    it('hides the values of URIs that are read from records and logs', async () => {
      const uri = `crm://${encodeURIComponent(plantAll(secrets, 'uri that is read'))}`;

      await hear(
        { method: 'resources/read', params: { uri } },
        json(
          JSON.stringify(
            rpc({
              result: { resultType: 'complete', ttlMs: 0, cacheScope: 'private', contents: [] },
            }),
          ),
        ),
      );

      expect(rig.server.asked.at(-1)?.text).to.include(uri);
    });

    it('tells what was hidden, where and how, in records, sessions and metrics', async () => {
      const [call] = await rig.concluded('tool:echo');
      const redactions = call?.outcome?.masking?.redactions ?? [];
      const [id = ''] = await sessionsOf(rig);
      const shown = await show(rig, id, '--recording-key', recordingKeyOf(rig));
      const metrics = await (await fetch(`${rig.gatehouse.adminUrl}/metrics`)).text();

      expect(redactions).to.deep.include({
        detector: 'email',
        pointer: '/result/content/0/text',
        action: 'Redact',
        count: 1,
      });
      expect(shown.stdout).to.include('redacted: email at /result/content/0/text (Redact)');
      expect(metrics).to.match(
        /gatehouse_redactions_total\{detector="us_ssn",action="Redact"\} [0-9]+/,
      );
      told.push(shown.stdout, JSON.stringify(await rig.records()));
    });

    it('leaves no value in any byte that anybody got, on the disk, in a log line or a metric', async () => {
      for (const text of told) expect(secrets.foundIn(text)).to.deep.equal([]);

      expect(await leaksOf(rig, secrets)).to.deep.equal([]);
      expect(secrets.count).to.be.greaterThan(300);
    });
  });
}
