import { expect } from 'chai';
import { OPERATOR_AUDIENCE } from '#crds/names.ts';
import { missingApiServer } from '../kube/api-server.fixture.ts';
import { PATHS } from '../kube/paths.ts';
import { KEY, leastMillis, NS, policy, until } from '../operator-rig.fixture.ts';
import { type StreamRig, startStreamRig } from './stream-rig.fixture.ts';

const ACK = { status: 'Active', version: '0.1.0', exposed: [], capture: 'Redirect' };

describe('what sidecars reach, on a real API server and a real Redis', function () {
  this.timeout(120_000);
  let stream: StreamRig;

  before(async function () {
    if (missingApiServer() !== undefined) this.skip();
    stream = await startStreamRig();
  });
  after(async () => {
    await stream?.stop();
  });

  it('a sidecar has its document at once, and each change within a second', async () => {
    const { documents, body } = await stream.follow();
    await until(async () => documents[0]);

    const took = await leastMillis(async (attempt) => {
      await stream.rig.apply(policy('pay', ['get_*', `list_${attempt}`]));
      await until(async () => documents[attempt]);
    });

    const generations = documents.map(({ generation }) => generation);
    expect(took).to.be.below(1000);
    expect(generations).to.deep.equal([...new Set(generations)].sort((a, b) => a - b));
    body.destroy();
  });

  it('a document that somebody put into the ConfigMap goes to nobody', async () => {
    const { documents, body } = await stream.follow();
    await until(async () => documents[0]);
    await stream.rig.api.client.merge(PATHS.configMap(NS, `gatehouse-policy-${KEY}`), {
      data: { 'policy.jws': 'forged' },
    });

    const next = await until(async () => documents[1]);

    expect(next.digest).to.equal(documents[0]!.digest);
    body.destroy();
  });

  it('what a sidecar says is counted', async () => {
    const { digest, generation } = await stream.rig.documentThat(() => true);

    expect((await stream.ask('POST', '/v1/acks', { ...ACK, digest, generation })).status).to.equal(
      204,
    );

    await until(async () =>
      (await stream.rig.statusOf()).targets?.programmed === 1 ? true : undefined,
    );
  });

  it('what a sidecar refuses and where its pod listens is said in status', async () => {
    const { digest, generation } = await stream.rig.documentThat(() => true);
    const said = {
      ...ACK,
      status: 'Rejected',
      problem: 'spec.rules[0]\u001b[2J is odd',
      exposed: ['0.0.0.0:9229'],
    };

    expect((await stream.ask('POST', '/v1/acks', { ...said, digest, generation })).status).to.equal(
      204,
    );

    const status = await until(async () => {
      const found = await stream.rig.statusOf();
      return found.targets?.rejected === 1 ? found : undefined;
    });
    expect(status.message).to.include('spec.rules[0] [2J is odd');
    expect(status.targets.exposed).to.equal(1);
  });

  it('what only a pod made anew can carry out is counted as outdated', async () => {
    const { digest, generation } = await stream.rig.documentThat(() => true);
    const said = { ...ACK, status: 'Rejected', problem: 'made without it', outdated: true };

    await stream.ask('POST', '/v1/acks', { ...said, digest, generation });

    const status = await until(async () => {
      const found = await stream.rig.statusOf();
      return found.targets?.outdated === 1 ? found : undefined;
    });
    expect(status.message).to.include('keeps the policy before: made without it');
  });

  for (const { name, change } of [
    { name: 'another status', change: { status: 'Fine' } },
    { name: 'a digest that is none', change: { digest: 'x' } },
    { name: 'a generation that is none', change: { generation: -1 } },
    { name: 'another capture', change: { capture: 'Magic' } },
    { name: 'too many addresses', change: { exposed: Array(17).fill('a:1') } },
    { name: 'an address with a line break', change: { exposed: ['a\nb'] } },
    { name: 'no version', change: { version: undefined } },
  ]) {
    it(`an ack with ${name} is refused`, async () => {
      const answer = await stream.ask('POST', '/v1/acks', {
        ...ACK,
        digest: 'a'.repeat(64),
        generation: 1,
        ...change,
      });

      expect([answer.status, answer.json.error]).to.deep.equal([400, 'invalid']);
    });
  }

  it('a body that is too large or no JSON is refused', async () => {
    expect((await stream.ask('POST', '/v1/acks', 'x'.repeat(70_000))).status).to.equal(413);
    expect((await stream.ask('POST', '/v1/acks', '[')).status).to.equal(400);
    expect((await stream.ask('POST', '/v1/acks', '[]')).status).to.equal(400);
  });

  it('nobody else hears anything', async () => {
    const bare = await stream.tokenOf('bare');
    const other = await stream.tokenOf('pay-0', 'https://kubernetes.default.svc');
    const unbound = Object(
      await stream.rig.api.client.create(`/api/v1/namespaces/${NS}/serviceaccounts/app/token`, {
        spec: { audiences: [OPERATOR_AUDIENCE] },
      }),
    ).status.token;

    for (const bearer of ['', 'x', 'a.b.c', other.token, unbound]) {
      expect(
        (await stream.ask('GET', '/v1/policy', undefined, bearer)).status,
        bearer.slice(0, 4),
      ).to.equal(401);
    }
    expect((await stream.ask('GET', '/v1/policy', undefined, bare.token)).json.error).to.equal(
      'not_injected',
    );
    expect((await stream.ask('GET', '/v1/other')).status).to.equal(404);
    expect((await stream.ask('POST', '/v1/policy')).status).to.equal(404);
  });

  it('while Redis is away, sidecars are told to come again', async () => {
    const { digest, generation } = await stream.rig.documentThat(() => true);
    await stream.rig.redis.kill();

    const answer = await stream.ask('POST', '/v1/acks', { ...ACK, digest, generation });

    expect([answer.status, answer.json.error]).to.deep.equal([503, 'unavailable']);
  });

  it('a pod that is gone is nobody', async () => {
    await stream.rig.api.client.remove(`${PATHS.pod(NS, 'pay-0')}?gracePeriodSeconds=0`);
    await until(async () =>
      stream.rig.operator.world.pods.get(`${NS}/pay-0`) === undefined ? true : undefined,
    );

    // The token is remembered for a while, the pod is not.
    expect((await stream.ask('GET', '/v1/policy')).json.error).to.equal('pod_gone');
  });
});
