import { expect } from 'chai';
import { createTokenVerifier } from '#platform/oidc/token-verifier.ts';
import {
  missingApiServer,
  startApiServer,
  type TestApiServer,
} from '../kube/api-server.fixture.ts';
import { json, scriptedApi } from '../kube/scripted-api.fixture.ts';
import { ClusterIssuerWatch, readClusterIssuer } from './cluster-issuer.ts';

const AUDIENCE = 'https://payments.example/mcp';
const RUNNER = 'system:serviceaccount:ci:runner';
const CONFIGURATION = { issuer: 'https://kubernetes.default.svc' };
const KEY = { kty: 'EC', kid: 'a', crv: 'P-256', x: 'x', y: 'y' };

describe('who issues tokens in the cluster', () => {
  it('is read with public keys alone', () => {
    const keys = [{ ...KEY, d: 'private', key_ops: ['sign'] }, 'x', {}];

    expect(readClusterIssuer(CONFIGURATION, { keys })).to.deep.equal({
      issuer: 'https://kubernetes.default.svc',
      keys: [KEY],
    });
  });

  for (const [what, configuration, document] of [
    ['no issuer', {}, { keys: [KEY] }],
    ['no keys', CONFIGURATION, {}],
    ['an empty list of keys', CONFIGURATION, { keys: [] }],
    ['nothing', undefined, undefined],
  ] as const) {
    it(`is not known from ${what}`, () => {
      expect(readClusterIssuer(configuration, document)).to.equal(undefined);
    });
  }

  it('stays as it was when it cannot be asked, and is told when its keys are others', async () => {
    let keys = [KEY, { ...KEY, kid: 'b' }];
    let isAway = false;
    const api = await scriptedApi((request, response) => {
      const body = request.url === '/openid/v1/jwks' ? { keys } : CONFIGURATION;
      json(isAway ? {} : body, isAway ? 500 : 200)(request, response);
    });
    let changes = 0;
    let faults = 0;
    const watch = new ClusterIssuerWatch({
      client: api.client,
      onChange: () => {
        changes += 1;
      },
      onFault: () => {
        faults += 1;
      },
    });
    try {
      await watch.look();
      keys = keys.toReversed();
      await watch.look();
      isAway = true;
      await watch.look();
      expect([changes, faults, watch.current?.keys.length]).to.deep.equal([1, 1, 2]);

      isAway = false;
      keys = [KEY];
      await watch.look();
      expect([changes, watch.current?.keys.length]).to.deep.equal([2, 1]);
    } finally {
      watch.close();
      await api.close();
    }
  });

  describe('asked of a real API server', () => {
    let api: TestApiServer;

    before(async function () {
      if (missingApiServer() !== undefined) this.skip();
      api = await startApiServer();
    });

    after(() => api?.stop());

    it('verifies the token that it issues, for its audience and its account', async () => {
      const { client } = api;
      const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'ci' } };
      await client.create('/api/v1/namespaces', namespace);
      const accounts = '/api/v1/namespaces/ci/serviceaccounts';
      await client.create(accounts, { metadata: { name: 'runner' } });
      const tokenFor = async (audience: string): Promise<string> => {
        const spec = { audiences: [audience], expirationSeconds: 600 };
        const made = await client.create(`${accounts}/runner/token`, { spec });
        return Object(made).status.token;
      };
      const faults: unknown[] = [];
      const watch = new ClusterIssuerWatch({
        client,
        onChange: () => {},
        onFault: (error) => faults.push(error),
      });
      await watch.look();
      watch.close();
      const cluster = watch.current ?? { issuer: '', keys: [] };
      const verifier = createTokenVerifier({
        issuers: [],
        serviceAccounts: { ...cluster, accounts: [RUNNER], audiences: [] },
        allowPlainHttp: false,
        now: () => Date.now(),
      });
      const judge = async (audience: string) =>
        verifier.verify(await tokenFor(audience), { audiences: [AUDIENCE] });

      expect(faults).to.deep.equal([]);
      expect(await judge(AUDIENCE)).to.have.nested.property('principal.subject', RUNNER);
      expect(await judge(cluster.issuer)).to.have.property('code', 'token_invalid');
      expect(await judge('gatehouse.dev/operator')).to.have.property('code', 'token_invalid');
      await verifier.close();
    });
  });
});
