import { expect } from 'chai';
import { OtlpReceiver } from '#e2e/servers/otlp-receiver.ts';
import { leakingError, leakingNotifications, leakingResult } from './leaking-server.ts';
import { Secrets } from './leaks.ts';
import { addToken } from './planted.ts';
import { type Rig, type Spec, startRig } from './rig.ts';
import { event, json, type ScriptedServer, sse, startScripted } from './scripted-server.ts';
import { plantAll } from './sensitive-values.ts';
import { until } from './until.ts';
import { callTool, modern, send } from './wire.ts';

const SPEC: Spec = {
  evidence: { record: 'Full' },
  rules: [
    { name: 'tools', effect: 'Allow', match: { tools: ['*'] } },
    { name: 'resources', effect: 'Allow', match: { resources: ['crm://**'] } },
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

// Promise 6: unmasked values and credentials never reach a span, a log record or a metric.
describe('what a receiver of telemetry gets', () => {
  const secrets = new Secrets();
  let receiver: OtlpReceiver;
  let rig: Rig<ScriptedServer>;
  before(async () => {
    receiver = await OtlpReceiver.start();
    rig = await startRig({
      server: startScripted,
      specs: [SPEC],
      env: { OTEL_METRIC_EXPORT_INTERVAL: '100' },
      start: { flags: ['--otlp', receiver.url, '--log-level', 'debug'] },
    });
    const token = addToken(secrets, 'the token', await rig.token());
    const rpc = (said: object) => JSON.stringify({ jsonrpc: '2.0', id: 1, ...said });
    const call = callTool('echo', { note: plantAll(secrets, 'arguments') }, { progressToken: 'p' });
    const messages = [
      ...leakingNotifications(secrets, 'sse'),
      { id: 1, result: leakingResult(secrets, 'sse') },
    ];
    const uri = `crm://a?key=${secrets.plantWord('the query of a URI')}`;
    for (const script of [
      json(rpc({ result: leakingResult(secrets, 'json') })),
      json(rpc(leakingError(secrets, 'json'))),
      sse(messages.map((each) => event({ jsonrpc: '2.0', ...each })).join('')),
    ]) {
      rig.server.play(script);
      await send(rig.url, modern(token, call));
    }
    rig.server.play(json(rpc({ result: { resultType: 'complete', contents: [] } })));
    await send(rig.url, modern(token, { method: 'resources/read', params: { uri } }));
    await until('the spans of all calls', () => receiver.spans.length >= 4);
    await rig.gatehouse.close();
  });
  after(async () => {
    await rig?.close();
    await receiver?.kill();
  });

  it('holds no value that was masked, and no credential', () => {
    const found = receiver.bodies.flatMap((body) => secrets.foundIn(body));

    expect(secrets.count).to.be.above(30);
    expect(receiver.points).not.to.have.length(0);
    expect(receiver.logs).not.to.have.length(0);
    expect(found).to.deep.equal([]);
    expect(receiver.faults).to.deep.equal([]);
  });

  it('says how many values were hidden in each call', () => {
    const hidden = receiver.spans
      .filter(({ attributes }) => attributes['gen_ai.tool.name'] === 'echo')
      .map(({ attributes }) => attributes['gatehouse.masking.redactions']);

    expect(hidden).to.have.length(3);
    for (const count of hidden) expect(count).to.be.above(5);
  });

  it('names a resource without what its query said', () => {
    const uris = receiver.spans.map(({ attributes }) => attributes['mcp.resource.uri']);

    expect(uris).to.include('crm://a?…');
  });
});
