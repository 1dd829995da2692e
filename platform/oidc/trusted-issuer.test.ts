import { expect } from 'chai';
import type { IssuerConfig } from '#crds/policy.ts';
import { createTokenVerifier } from './token-verifier.ts';
import { VerifierRig } from './verifier-rig.fixture.ts';

describe('a trusted issuer', () => {
  let rig: VerifierRig;

  beforeEach(async () => {
    rig = await VerifierRig.start();
  });

  afterEach(() => rig.stop());

  describe('before it serves', () => {
    it('fetches all keys', async () => {
      const statuses = await rig.verifier.warm();

      expect(statuses).to.deep.equal([{ name: 'corp', issuer: rig.issuer.url, ready: true }]);
      expect(rig.issuer.keyFetches).to.equal(1);
    });

    const hostile: { name: string; arrange: () => void; problem: RegExp }[] = [
      {
        name: 'speaks for another issuer',
        arrange: () =>
          rig.issuer.answerDiscovery((_, res) =>
            res.end(JSON.stringify({ issuer: 'https://other.example', jwks_uri: rig.issuer.url })),
          ),
        problem: /^discovery: issuer: differs from the one in the policy$/,
      },
      {
        name: 'names no keys',
        arrange: () =>
          rig.issuer.answerDiscovery((_, res) =>
            res.end(JSON.stringify({ issuer: rig.issuer.url })),
          ),
        problem: /^discovery: jwks_uri: is missing$/,
      },
      {
        name: 'points its keys at a plain http host elsewhere',
        arrange: () =>
          rig.issuer.answerDiscovery((_, res) =>
            res.end(JSON.stringify({ issuer: rig.issuer.url, jwks_uri: 'http://10.0.0.1/keys' })),
          ),
        problem: /^discovery: jwks_uri: must be https$/,
      },
      {
        name: 'points its keys at a file',
        arrange: () =>
          rig.issuer.answerDiscovery((_, res) =>
            res.end(JSON.stringify({ issuer: rig.issuer.url, jwks_uri: 'file:///etc/passwd' })),
          ),
        problem: /^discovery: jwks_uri: must be https$/,
      },
      {
        name: 'sends us elsewhere',
        arrange: () =>
          rig.issuer.answerKeys((_, res) => res.writeHead(302, { location: rig.issuer.url }).end()),
        problem: /^keys: answered with status 302$/,
      },
      {
        name: 'sends keys without end',
        arrange: () =>
          rig.issuer.answerKeys((_, res) => {
            const more = () => {
              while (!res.destroyed && res.write('x'.repeat(64 * 1024)));
            };
            res.on('drain', more);
            more();
          }),
        problem: /^keys: is over 524288 bytes$/,
      },
      {
        name: 'sends too many keys',
        arrange: () =>
          rig.issuer.answerKeys((_, res) => res.end(JSON.stringify({ keys: Array(101).fill({}) }))),
        problem: /^keys: more than 100$/,
      },
      {
        name: 'sends no list of keys',
        arrange: () => rig.issuer.answerKeys((_, res) => res.end('{"keys":{}}')),
        problem: /^keys: the document has no list of keys$/,
      },
      {
        name: 'sends a list',
        arrange: () => rig.issuer.answerKeys((_, res) => res.end('[]')),
        problem: /^keys: is not a JSON object$/,
      },
      {
        name: 'sends a web page',
        arrange: () => rig.issuer.answerKeys((_, res) => res.end('<html>')),
        problem: /^keys: /,
      },
      {
        name: 'hangs up',
        arrange: () => rig.issuer.answerKeys((req) => req.socket.destroy()),
        problem: /^keys: could not be read \(UND_ERR_SOCKET\)$/,
      },
    ];
    for (const { name, arrange, problem } of hostile) {
      it(`says when an issuer ${name}, and lets nobody in`, async () => {
        arrange();

        const [status] = await rig.verifier.warm();

        expect(status).to.have.property('ready', false);
        expect(status?.problem).to.match(problem);
        expect(await rig.judge()).to.have.property('code', 'issuer_unavailable');
      });
    }

    it('reads the keys where the policy says, without discovery', async () => {
      await rig.configure({ jwksUri: `${rig.issuer.url}/keys` });

      expect(await rig.judge()).to.have.property('ok', true);
      expect([...rig.issuer.seen.keys()]).to.deep.equal(['/keys']);
    });
  });

  describe('refuses at load', () => {
    const cases: { name: string; issuers: IssuerConfig[]; message: RegExp }[] = [
      {
        name: 'plain http beyond loopback',
        issuers: [{ name: 'corp', issuer: 'http://idp.example' }],
        message: /^identity\.issuers\.corp\.issuer: must be https; plain http is taken on loopback/,
      },
      {
        name: 'keys on plain http beyond loopback',
        issuers: [{ name: 'c', issuer: 'https://idp.example', jwksUri: 'http://idp.example/k' }],
        message: /^identity\.issuers\.c\.jwksUri: must be https/,
      },
      {
        name: 'two readings of one issuer',
        issuers: [
          { name: 'a', issuer: 'https://idp.example' },
          { name: 'b', issuer: 'https://idp.example' },
        ],
        message: /^identity\.issuers: a and b name the same issuer URL differently/,
      },
    ];
    for (const { name, issuers, message } of cases) {
      it(name, () => {
        const create = () => createTokenVerifier({ issuers, allowPlainHttp: false, now: Date.now });

        expect(create).to.throw(message);
      });
    }

    it('but takes plain http with the flag, and the same entry twice', async () => {
      const entry: IssuerConfig = { name: 'corp', issuer: 'http://idp.example' };

      const created = createTokenVerifier({
        issuers: [entry, { ...entry }],
        allowPlainHttp: true,
        now: Date.now,
      });

      await created.close();
    });
  });
});
