import { connect } from 'node:tls';
import { expect } from 'chai';
import { Agent, request } from 'undici';
import { createLogger } from '#platform/process/log.ts';
import { type Certified, issueLeaf, makeAuthority } from '../certificates/issue.ts';
import { allow, deny, type Verdict } from './review.ts';
import { startWebhooks, type WebhookServer } from './server.ts';

const NAME = 'gatehouse-operator.gatehouse-system.svc';
const REVIEW = {
  apiVersion: 'admission.k8s.io/v1',
  kind: 'AdmissionReview',
  request: {
    uid: 'u-1',
    operation: 'CREATE',
    kind: { kind: 'Pod' },
    userInfo: { username: 'jane' },
  },
};

describe('the webhook server', () => {
  let server: WebhookServer;
  let agent: Agent;
  let authority: Certified;
  let lines = '';

  before(async () => {
    authority = await makeAuthority('gatehouse operator', Date.now());
    const certificate = await issueLeaf(authority, [NAME], Date.now());
    agent = new Agent({ connect: { ca: authority.cert, servername: NAME } });
    const log = createLogger({
      level: 'info',
      now: () => '',
      write: (text) => {
        lines += text;
      },
    });
    const answers: [string, () => Promise<Verdict>][] = [
      [
        '/yes',
        async () => ({ allowed: true, patch: [{ op: 'remove', path: '/a' }], warnings: ['w'] }),
      ],
      ['/no', async () => deny('because', 422)],
      ['/long', async () => deny('x'.repeat(5000))],
      ['/fault', () => Promise.reject(new Error('secret of a pod'))],
      ['/plain', async () => allow()],
    ];
    const handlers = new Map(answers);
    server = await startWebhooks({ host: '127.0.0.1', port: 0, certificate, handlers, log });
  });

  after(async () => {
    await agent.close();
    await server.close();
  });

  const post = async (path: string, body: string | object = REVIEW, method = 'POST') => {
    const answer = await request(`https://127.0.0.1:${server.port}${path}`, {
      ...(method === 'GET' ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      method: method as 'POST',
      dispatcher: agent,
    });
    return { status: answer.statusCode, body: (await answer.body.json()) as Record<string, never> };
  };

  it('answers with uid, patch and warnings', async () => {
    const { body } = await post('/yes?timeout=10s');

    expect(body).to.deep.equal({
      apiVersion: 'admission.k8s.io/v1',
      kind: 'AdmissionReview',
      response: {
        uid: 'u-1',
        allowed: true,
        warnings: ['w'],
        patchType: 'JSONPatch',
        patch: Buffer.from('[{"op":"remove","path":"/a"}]').toString('base64'),
      },
    });
  });

  it('refuses with a reason that clients show', async () => {
    const { response } = (await post('/no')).body as unknown as { response: object };

    expect(response).to.deep.equal({
      uid: 'u-1',
      allowed: false,
      status: { code: 422, reason: 'Invalid', message: 'because' },
    });
  });

  it('cuts a reason to what an event holds', async () => {
    const { response } = (await post('/long')).body as unknown as {
      response: { status: { message: string } };
    };

    expect(response.status.message.length).to.be.below(1000);
  });

  it('refuses when it fails, without what went wrong in the answer', async () => {
    const { status, body } = await post('/fault');

    expect(status).to.equal(200);
    expect(JSON.stringify(body)).to.include('"allowed":false').and.not.include('secret');
    expect(lines).to.not.include('secret of a pod');
  });

  const bad: [what: string, path: string, body: string | object, method: string, status: number][] =
    [
      ['a path that it has not', '/x', REVIEW, 'POST', 404],
      ['a GET', '/yes', '', 'GET', 405],
      ['what is no JSON', '/yes', 'x', 'POST', 400],
      [
        'another version',
        '/yes',
        { ...REVIEW, apiVersion: 'admission.k8s.io/v1beta1' },
        'POST',
        400,
      ],
      ['a review without a request', '/yes', { apiVersion: REVIEW.apiVersion }, 'POST', 400],
    ];
  for (const [what, path, body, method, status] of bad) {
    it(`answers ${status} to ${what}`, async () => {
      expect((await post(path, body, method)).status).to.equal(status);
    });
  }

  it('takes no body above its bound', async () => {
    const outcome = await post('/yes', 'x'.repeat(8 * 1024 * 1024 + 1)).then(
      ({ status }) => status,
      () => 'cut',
    );

    expect(outcome).to.be.oneOf([413, 'cut']);
  });

  it('serves with a new certificate on new connections, to clients that trust both', async () => {
    const next = await makeAuthority('gatehouse operator', Date.now());
    server.setCertificate(await issueLeaf(next, [NAME], Date.now()));
    const both = [authority.cert, next.cert];
    const earlier = agent;
    agent = new Agent({ connect: { ca: both, servername: NAME } });
    await earlier.close();

    const authorized = await new Promise((resolve, reject) => {
      const socket = connect(
        { host: '127.0.0.1', port: server.port, ca: both, servername: NAME },
        () => {
          resolve(socket.authorized);
          socket.destroy();
        },
      );
      socket.once('error', reject);
    });

    expect(authorized).to.equal(true);
    expect((await post('/plain')).status).to.equal(200);
  });

  it('answers what it is judging when it closes, and then is closed', async () => {
    const [asked, judged] = [Promise.withResolvers<void>(), Promise.withResolvers<Verdict>()];
    const judge = () => {
      asked.resolve();
      return judged.promise;
    };
    const closing = await startWebhooks({
      ...{ host: '127.0.0.1', port: 0, handlers: new Map([['/slow', judge]]) },
      certificate: await issueLeaf(authority, [NAME], Date.now()),
      log: createLogger({ level: 'error', now: () => '', write: () => undefined }),
    });
    const own = new Agent({ connect: { ca: authority.cert, servername: NAME } });
    const answer = request(`https://127.0.0.1:${closing.port}/slow`, {
      ...{ method: 'POST', body: JSON.stringify(REVIEW), dispatcher: own },
    });
    await asked.promise;

    const closed = closing.close();
    judged.resolve(allow());
    const { statusCode, body } = await answer;
    await body.dump();
    await closed;

    expect(statusCode).to.equal(200);
    await own.close();
  });

  it('ends connections with their answer once it drains', async () => {
    server.drain();
    const answer = await request(`https://127.0.0.1:${server.port}/plain`, {
      method: 'POST',
      body: JSON.stringify(REVIEW),
      dispatcher: agent,
    });
    await answer.body.dump();

    expect(answer.headers.connection).to.equal('close');
  });
});
