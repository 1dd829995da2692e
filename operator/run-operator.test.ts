import { expect } from 'chai';
import { Agent, request } from 'undici';
import { createClock } from '#platform/process/clock.ts';
import { createLogger } from '#platform/process/log.ts';
import { injectionSettings } from './injection-settings.ts';
import { readTexts } from './keys/secrets.ts';
import { missingApiServer } from './kube/api-server.fixture.ts';
import { PATHS } from './kube/paths.ts';
import { NS, type OperatorRig, policy, startOperatorRig, until } from './operator-rig.fixture.ts';
import { type Ports, runOperator } from './run-operator.ts';
import { readSettings } from './settings.ts';

/** Of a pod that the policy selects, before it is stored. */
const REVIEW = {
  apiVersion: 'admission.k8s.io/v1',
  kind: 'AdmissionReview',
  request: {
    uid: 'u-1',
    kind: { group: '', version: 'v1', kind: 'Pod' },
    namespace: NS,
    operation: 'CREATE',
    userInfo: { username: 'jane' },
    object: {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'pay-1', labels: { app: 'pay', 'gatehouse.dev/inject': 'true' } },
      spec: { containers: [{ name: 'app', image: 'app', ports: [{ containerPort: 3000 }] }] },
    },
  },
};

describe('a whole replica of the operator', function () {
  this.timeout(120_000);
  let rig: OperatorRig;
  const stop = new AbortController();

  before(async function () {
    if (missingApiServer() !== undefined) this.skip();
    rig = await startOperatorRig();
    // Its lease is free for the one under test.
    await rig.operator.close();
  });
  after(async () => {
    stop.abort();
    await rig?.stop();
  });

  it('serves sidecars under the authority that it gives them, says how it is, and lets go of the lease', async () => {
    const ready = Promise.withResolvers<Ports>();
    const lines: string[] = [];
    const env = {
      GATEHOUSE_NAMESPACE: 'gatehouse',
      GATEHOUSE_POD_NAME: 'operator-1',
      GATEHOUSE_SIDECAR_IMAGE: 'sidecar:1',
      GATEHOUSE_REDIRECT_IMAGE: 'tools:1',
      GATEHOUSE_REDIS: rig.redis.url,
    };
    const settings = readSettings(env);
    const done = runOperator({
      settings,
      injection: injectionSettings(env, settings, '0.1.0'),
      client: rig.api.client,
      log: createLogger({ level: 'info', write: (text) => lines.push(text), now: () => '' }),
      clock: createClock(),
      version: '0.1.0',
      stop: stop.signal,
      onLoss: () => {},
      random: Math.random,
      ports: { sidecars: 0, admission: 0, health: 0 },
      onReady: ready.resolve,
    });
    const ports = await ready.promise;
    await rig.apply(policy('pay', ['get_*']));

    const ca = await until(async () =>
      readTexts(await rig.api.client.find(PATHS.secret(NS, 'gatehouse-runtime'))).get(
        'operator-ca.crt',
      ),
    );
    const agent = new Agent({ connect: { ca, servername: 'gatehouse-operator.gatehouse.svc' } });
    const { statusCode } = await request(`https://127.0.0.1:${ports.sidecars}/v1/policy`, {
      dispatcher: agent,
    });
    const admitted = await until(async () => {
      const body = JSON.stringify(REVIEW);
      const url = `https://127.0.0.1:${ports.admission}/pods`;
      const answer = await request(url, { method: 'POST', body, dispatcher: agent });
      const { response } = Object(await answer.body.json());
      return response.allowed === true ? response : undefined;
    });
    const health = await until(async () => {
      const { statusCode: status } = await request(`http://127.0.0.1:${ports.health}/readyz`);
      return status === 200 ? status : undefined;
    });
    const metrics = await (await request(`http://127.0.0.1:${ports.health}/metrics`)).body.text();

    expect([statusCode, health]).to.deep.equal([401, 200]);
    const patch = Buffer.from(admitted.patch, 'base64').toString();
    expect(patch).to.include('"image":"sidecar:1"').and.include('gatehouse.dev/status');
    expect(metrics).to.include('gatehouse_operator_leads 1');
    expect(metrics).to.match(
      /^gatehouse_operator_reviews_total\{webhook="pods",result="allowed"\} [1-9]/m,
    );
    // Seven days, just begun.
    expect(
      Number(/^gatehouse_operator_certificate_seconds (\d+)/m.exec(metrics)?.[1]),
    ).to.be.within(6.9 * 86_400, 7 * 86_400);
    stop.abort();
    await done;
    await agent.destroy();
    const path = '/apis/coordination.k8s.io/v1/namespaces/gatehouse/leases/gatehouse-operator';
    expect(Object(await rig.api.client.find(path)).spec.holderIdentity ?? '').to.equal('');
    expect(lines.join('')).to.not.include('PRIVATE');
  });
});
