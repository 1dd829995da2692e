// ServiceAccounts of the cluster call through a sidecar by tokens of the cluster's own issuer, whose keys the policy document
// brings: listed ones, and as long as the key holds.

import { expect } from 'chai';
import { SignJWT } from 'jose';
import type { Trust } from '#core/policy/trust.ts';
import { type SigningKey, signingKey } from '#platform/oidc/local-issuer.fixture.ts';
import { type Pod, preparePod } from './pod.ts';
import { until } from './until.ts';
import { callTool, modern, send } from './wire.ts';

const ISSUER = 'https://kubernetes.default.svc';
const RUNNER = {
  name: 'runner',
  effect: 'Allow',
  match: { tools: ['counter'] },
  subjects: { issuer: 'kubernetes', subjects: ['system:serviceaccount:ci:runner'] },
} as const;

describe('ServiceAccounts that call through a sidecar in a pod', function () {
  this.timeout(60_000);
  let pod: Pod;
  let key: SigningKey;

  before(async () => {
    pod = await preparePod();
    key = await signingKey('sa-1', 'RS256');
  });

  after(() => pod.close());

  const trustIn = (...keys: readonly SigningKey[]): Trust => ({
    cluster: { issuer: ISSUER, keys: keys.map(({ publicJwk }) => ({ ...publicJwk }) as never) },
  });
  const document = (trust: Trust | undefined) =>
    pod.operator.document(
      [
        pod.spec([RUNNER], {
          identity: { serviceAccounts: [{ namespace: 'ci', name: 'runner' }] },
        }),
      ],
      {},
      trust,
    );
  const publish = async (trust: Trust): Promise<void> => {
    const next = document(trust);
    pod.operator.publish(await pod.operator.sign(next));
    await until('its answer', () => pod.operator.acks.at(-1)?.generation === next.generation);
  };
  const tokenOf = (name: string, by = key): Promise<string> =>
    new SignJWT({
      'kubernetes.io': { namespace: 'ci', serviceaccount: { name, uid: 'u' } },
    })
      .setProtectedHeader({ alg: by.alg, kid: by.kid })
      .setIssuer(ISSUER)
      .setSubject(`system:serviceaccount:ci:${name}`)
      .setAudience(pod.url)
      .setIssuedAt()
      .setExpirationTime('10m')
      .sign(by.privateKey);
  const call = async (token: string) => send(pod.url, modern(token, callTool('counter')));

  it('start with the keys of the mounted document, and are on record by name', async () => {
    await pod.mount(await pod.operator.sign(document(trustIn(key))));
    await pod.start();

    const answer = await call(await tokenOf('runner'));

    expect([answer.status, /"isError":true/.test(answer.text)]).to.deep.equal([200, false]);
    const callers = (await pod.records()).map(({ principal }) => principal);
    expect(callers.find((principal) => principal?.issuer === ISSUER)).to.include({
      subject: 'system:serviceaccount:ci:runner',
    });
  });

  it('are refused when no policy lists them', async () => {
    const { status } = await call(await tokenOf('other'));

    expect(status).to.equal(401);
  });

  it('go on with the next key of the cluster without a restart, and not with one withdrawn', async () => {
    await until('the stream', () => pod.operator.streams === 1);
    const next = await signingKey('sa-2', 'ES256');
    const [old, fresh] = [await tokenOf('runner'), await tokenOf('runner', next)];
    expect((await call(fresh)).status).to.equal(401);

    await publish(trustIn(key, next));
    expect([(await call(old)).status, (await call(fresh)).status]).to.deep.equal([200, 200]);

    await publish(trustIn(next));
    expect([(await call(old)).status, (await call(fresh)).status]).to.deep.equal([401, 200]);
  });

  it('keep the document before when a new one lists accounts and brings no keys', async () => {
    const next = document(undefined);
    pod.operator.publish(await pod.operator.sign(next));

    await until('its answer', () => pod.operator.acks.at(-1)?.status === 'Rejected');
    expect(pod.operator.acks.at(-1)?.problem).to.include('trust.cluster: is missing');
  });
});
