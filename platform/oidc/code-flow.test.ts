// The code flow as a client sees it: what it asks the issuer, and which answers it does not take.

import { expect } from 'chai';
import { type Begun, CodeFlow, CodeFlowFault } from './code-flow.ts';
import { LocalIssuer } from './local-issuer.fixture.ts';

const REDIRECT = 'https://console.example/sign-in/callback';
const CLIENT = 'console';

describe('the code flow', () => {
  let issuer: LocalIssuer;
  let posted: URLSearchParams;
  beforeEach(async () => {
    issuer = await LocalIssuer.start();
    describeIssuer(['openid', 'email', 'groups']);
  });
  afterEach(() => issuer.stop());

  function describeIssuer(scopes?: readonly string[], more: object = {}): void {
    issuer.answerDiscovery((_, response) => {
      response.writeHead(200, { 'content-type': 'application/json', connection: 'close' });
      const document = {
        issuer: issuer.url,
        authorization_endpoint: `${issuer.url}/auth`,
        token_endpoint: `${issuer.url}/token`,
        jwks_uri: `${issuer.url}/keys`,
        id_token_signing_alg_values_supported: ['ES256'],
        ...(scopes === undefined ? {} : { scopes_supported: scopes }),
        ...more,
      };
      response.end(JSON.stringify(document));
    });
  }

  function answerTokens(make: () => Promise<object> | object, status = 200): void {
    issuer.answers.set('/token', async (request, response) => {
      let body = '';
      for await (const chunk of request) body += chunk;
      posted = new URLSearchParams(body);
      response.writeHead(status, { 'content-type': 'application/json', connection: 'close' });
      response.end(JSON.stringify(await make()));
    });
  }

  function flow(clientSecret?: string): CodeFlow {
    return new CodeFlow({
      clientSecret,
      redirectUri: REDIRECT,
      allowsPlainHttp: (url) => url.startsWith('http://127.0.0.1:'),
      now: () => 0,
    });
  }

  function wish(audience = CLIENT) {
    return { issuer: issuer.url, clientId: CLIENT, audience, maxAgeSeconds: 900 };
  }

  function idToken(begun: Begun, claims: object = {}): Promise<string> {
    const now = Math.floor(Date.now() / 1000);
    const body = {
      sub: 'carol',
      aud: CLIENT,
      iat: now,
      exp: now + 300,
      auth_time: now - 10,
      nonce: begun.nonce,
      ...claims,
    };
    return issuer.sign(body, { header: { typ: 'JWT' } });
  }

  function answered(begun: Begun, claims?: object): void {
    answerTokens(async () => ({
      access_token: 'the-access-token',
      token_type: 'Bearer',
      id_token: await idToken(begun, claims),
    }));
  }

  const codeOf = async (run: Promise<unknown>): Promise<string> =>
    run.then(
      () => 'done',
      (error) => (error instanceof CodeFlowFault ? error.code : String(error)),
    );

  it('asks with PKCE, state, nonce and the age that the sign-in may have', async () => {
    const { url, begun } = await flow().begin(wish(), false);

    expect(Object.fromEntries(url.searchParams)).to.deep.include({
      client_id: CLIENT,
      response_type: 'code',
      redirect_uri: REDIRECT,
      state: begun.state,
      nonce: begun.nonce,
      code_challenge_method: 'S256',
      max_age: '900',
    });
    expect(url.searchParams.get('code_challenge')).to.match(/^[\w-]{43}$/);
    expect(url.href).to.not.include(begun.verifier);
    expect(url.searchParams.has('prompt')).to.equal(false);
  });

  it('asks for a login when it is to be anew', async () => {
    const { url } = await flow().begin(wish(), true);

    expect(url.searchParams.get('prompt')).to.equal('login');
  });

  it('asks for no scope that the issuer does not name', async () => {
    const named = await flow().begin(wish(), false);
    describeIssuer();
    const unnamed = await flow().begin(wish(), false);

    expect(named.url.searchParams.get('scope')).to.equal('openid email groups');
    expect(unnamed.url.searchParams.get('scope')).to.equal('openid');
  });

  it('never begins twice alike', async () => {
    const both = await Promise.all([flow().begin(wish(), false), flow().begin(wish(), false)]);
    const secrets = both.flatMap(({ begun }) => [begun.state, begun.nonce, begun.verifier]);

    expect(new Set(secrets).size).to.equal(6);
  });

  it('takes the ID token where its client is the audience, as a public client', async () => {
    const { begun } = await flow().begin(wish(), false);
    answered(begun);

    const token = await flow().finish(begun, `?code=c&state=${begun.state}`);

    expect(token.split('.')).to.have.lengthOf(3);
    expect(posted.get('code_verifier')).to.equal(begun.verifier);
    expect(posted.has('client_secret')).to.equal(false);
  });

  it('takes the access token for another audience, which it asks for as a resource', async () => {
    const { url, begun } = await flow('hush').begin(wish('https://approvals.example'), false);
    answered(begun);

    const token = await flow('hush').finish(begun, `?code=c&state=${begun.state}`);

    expect(token).to.equal('the-access-token');
    expect(url.searchParams.get('resource')).to.equal('https://approvals.example');
    expect(posted.get('resource')).to.equal('https://approvals.example');
    expect(posted.get('client_secret')).to.equal('hush');
  });

  const bad: readonly { readonly name: string; readonly claims: object }[] = [
    { name: 'another nonce', claims: { nonce: 'x' } },
    { name: 'another audience', claims: { aud: 'somebody else' } },
    { name: 'another issuer', claims: { iss: 'https://evil.example' } },
    { name: 'a sign-in of long ago', claims: { auth_time: 1 } },
    { name: 'no time of the sign-in', claims: { auth_time: undefined } },
    { name: 'an end that is past', claims: { exp: 1 } },
  ];
  for (const { name, claims } of bad) {
    it(`takes no ID token with ${name}`, async () => {
      const { begun } = await flow().begin(wish(), false);
      answered(begun, claims);

      expect(await codeOf(flow().finish(begun, `?code=c&state=${begun.state}`))).to.equal(
        'refused',
      );
    });
  }

  it('takes no answer to another question, and asks the issuer nothing for it', async () => {
    const { begun } = await flow().begin(wish(), false);
    answered(begun);

    const codes = await Promise.all(
      ['?code=c&state=x', '?code=c', '?error=access_denied', ''].map((query) =>
        codeOf(flow().finish(begun, query)),
      ),
    );

    expect(codes).to.deep.equal(['refused', 'refused', 'refused', 'refused']);
    expect(issuer.seen.get('/token')).to.equal(undefined);
  });

  it('says nothing of what the issuer said', async () => {
    const { begun } = await flow().begin(wish(), false);
    answerTokens(() => ({ error: 'invalid_grant', error_description: 'SECRET' }), 400);

    const error = await flow()
      .finish(begun, `?code=c&state=${begun.state}`)
      .catch((each) => each);

    expect(error).to.be.instanceOf(CodeFlowFault);
    expect(error.message).to.not.include('SECRET');
  });

  it('tells an issuer that cannot be reached from one that says no', async () => {
    const { begun } = await flow().begin(wish(), false);
    issuer.answers.set('/token', (request) => void request.socket.destroy());

    const code = await codeOf(flow().finish(begun, `?code=c&state=${begun.state}`));

    expect(code).to.equal('issuer_unavailable');
  });

  it('cannot begin with an issuer that is down, and tries again next time', async () => {
    const one = flow();
    const { url } = issuer;
    await issuer.stop();
    const first = await codeOf(one.begin({ ...wish(), issuer: url }, false));
    await issuer.resume();

    expect(first).to.equal('issuer_unavailable');
    expect(await codeOf(one.begin(wish(), false))).to.equal('done');
  });

  it('asks no issuer over plain http beyond loopback', async () => {
    const elsewhere = { ...wish(), issuer: 'http://idp.invalid' };

    expect(await codeOf(flow().begin(elsewhere, false))).to.equal('issuer_unavailable');
  });
});
