import type { ServerResponse } from 'node:http';
import { expect } from 'chai';
import { leakingNotifications, leakingQuestions, leakingResult } from './leaking-server.ts';
import { Secrets } from './leaks.ts';
import { LegacySession, toolCall } from './legacy-session.ts';
import { leaksOf } from './planted.ts';
import { type Rig, type Spec, startRig } from './rig.ts';
import { type Asked, event, json, type ScriptedServer, startScripted } from './scripted-server.ts';
import { plantAll } from './sensitive-values.ts';
import { until } from './until.ts';

const DETECTORS = [
  'email',
  'credit_card',
  'iban',
  'us_ssn',
  'private_key',
  'ip',
  'jwt',
  'aws_key',
  'github_token',
] as const;

function spec(action: 'Redact' | 'Block'): Spec {
  return {
    evidence: { record: 'Full' },
    rules: [
      { name: 'all', effect: 'Allow', match: { tools: ['*'] } },
      {
        name: 'asks',
        effect: 'Allow',
        match: { methods: ['elicitation/create', 'sampling/createMessage'] },
      },
    ],
    masking: [{ name: 'pii', detectors: [...DETECTORS], action }],
  };
}

/** A session that the test speaks for: its GET stream stays open, its calls are answered by hand. */
class Scene {
  listening: ServerResponse | undefined;
  calling: ServerResponse | undefined;
  readonly handshake: object;

  constructor(secrets: Secrets) {
    this.handshake = {
      protocolVersion: '2025-11-25',
      capabilities: {},
      serverInfo: { name: 'scene', version: '1' },
      instructions: plantAll(secrets, 'instructions'),
    };
  }

  play = (asked: Asked, response: ServerResponse): void => {
    const { id, method } = asked.rpc;
    if (asked.method === 'GET') {
      this.listening = response;
    } else if (method === 'initialize') {
      const body = JSON.stringify({ jsonrpc: '2.0', id, result: this.handshake });
      return void json(body, 200, { 'mcp-session-id': 'scene' })(asked, response);
    } else if (method === 'tools/call') {
      this.calling = response;
    } else {
      response.writeHead(202).end();
      return;
    }
    response.writeHead(200, { 'content-type': 'text/event-stream', 'mcp-session-id': 'scene' });
    response.flushHeaders();
  };
}

describe('masking in a session', () => {
  const secrets = new Secrets();
  const scene = new Scene(secrets);
  const heard: string[] = [];
  let rig: Rig<ScriptedServer>;
  let session: LegacySession;
  before(async () => {
    rig = await startRig({ server: startScripted, specs: [spec('Redact')] });
    rig.server.play(scene.play);
    session = await LegacySession.open(rig.url, await rig.token(), {
      elicitation: {},
      sampling: {},
    });
    heard.push(JSON.stringify(session.handshake));
  });
  after(() => rig?.close());

  it('hides what the server says of itself', () => {
    expect(JSON.stringify(session.handshake)).to.include('[REDACTED:email]');
  });

  it('hides what comes unasked on the GET stream', async () => {
    const stream = await session.listen();
    const server = await until('the stream at the server', () => scene.listening);
    const said = leakingNotifications(secrets, 'GET').slice(1);

    for (const each of said) server.write(event({ jsonrpc: '2.0', ...each }));

    await until('all of it', () => stream.events.length === said.length);
    heard.push(...stream.events.map(({ raw }) => raw));
    expect(secrets.foundIn(heard.join('\n'))).to.deep.equal([]);
    stream.close();
  });

  it('hides what the server asks the client, and what comes before an answer', async () => {
    const stream = await session.stream(toolCall(5, 'echo'));
    const server = await until('the call at the server', () => scene.calling);
    const questions = leakingQuestions(secrets);

    for (const each of questions) server.write(event({ jsonrpc: '2.0', ...each }));
    await until('the questions', () => stream.events.length === questions.length);
    server.end(event({ jsonrpc: '2.0', id: 5, result: leakingResult(secrets, 'in a session') }));
    await stream.answer(5);

    heard.push(...stream.events.map(({ raw }) => raw));
    expect(secrets.foundIn(heard.join('\n'))).to.deep.equal([]);
    expect(stream.messages.map(({ id }) => id)).to.deep.equal(['q1', 'q2', 5]);
  });

  it('keeps the answers of people from the record, and gives them to the server', async () => {
    const secret = plantAll(secrets, 'answer to a question');
    const result = { action: 'accept', content: { a: secret } };

    const { status } = await session.post({ id: 'q1', result });

    expect(status).to.equal(202);
    expect(rig.server.asked.at(-1)?.rpc.result).to.deep.equal(result);
    const exchanges = await rig.concluded('response');
    expect(exchanges.at(-1)?.intent.masking?.redactions.length).to.be.greaterThan(0);
  });

  it('keeps a question that a rule blocks here, and tells the server so', async () => {
    await rig.activate(spec('Block'));
    const stream = await session.stream(toolCall(6, 'echo', {}));
    const server = await until('the call at the server', () => scene.calling);
    const asked = {
      id: 'q3',
      method: 'elicitation/create',
      params: {
        message: plantAll(secrets, 'blocked question'),
        requestedSchema: { type: 'object', properties: {} },
      },
    };

    server.write(event({ jsonrpc: '2.0', ...asked }));
    const told = await until('an answer to the server', () =>
      rig.server.asked.find(({ rpc }) => rpc.id === 'q3'),
    );
    server.end(event({ jsonrpc: '2.0', id: 6, result: { content: [] } }));
    await stream.answer(6);

    expect(told.rpc.error?.code).to.be.a('number');
    expect(stream.messages.map(({ id }) => id)).to.deep.equal([6]);
    const [, withheld] = await rig.concluded('elicitation/create', 2);
    expect(withheld?.outcome?.outcome).to.include({
      status: 'withheld',
      refusal: 'content_withheld',
    });
  });

  it('keeps an answer that a rule blocks from the server', async () => {
    const secret = plantAll(secrets, 'blocked answer');
    const count = rig.server.asked.length;

    const { status } = await session.post({
      id: 'q2',
      result: { role: 'assistant', content: { type: 'text', text: secret }, model: 'm' },
    });

    expect(status).to.equal(403);
    expect(
      rig.server.asked
        .slice(count)
        .map(({ text }) => text)
        .join(),
    ).to.not.include(secret);
  });

  it('left no value behind', async () => {
    expect(secrets.count).to.be.greaterThan(150);
    expect(secrets.foundIn(heard.join('\n'))).to.deep.equal([]);
    expect(await leaksOf(rig, secrets)).to.deep.equal([]);
  });
});
