import { expect } from 'chai';
import { json, scriptedApi } from '../kube/scripted-api.fixture.ts';
import type { World } from '../world/world.ts';
import { type ConsoleWritten, reconcileCluster } from './reconcile-cluster.ts';

/** Half of what a ConfigMap holds, and a little. */
const LARGE = 'x'.repeat(510_000);

function item(name: string, generation: number) {
  const metadata = { name, namespace: 'pay' };
  const policy = { apiVersion: 'v', kind: 'K', metadata, spec: { description: LARGE } };
  return { ...metadata, key: `pay/${name}`, uid: name, generation, policy, problem: undefined };
}

describe('what the console reads', () => {
  it('leaves out the policies that do not fit, and says how many whenever that is another number', async () => {
    const api = await scriptedApi(json({}));
    const told: number[] = [];
    const consoleWritten: ConsoleWritten = { digest: '', texts: new Map(), leftOut: 0 };
    const reconcile = (names: readonly string[]) =>
      reconcileCluster({
        client: api.client,
        world: {
          baselines: { items: () => [] },
          policies: { items: () => names.map((name) => item(name, 1)) },
        } as unknown as World,
        ...{ namespace: 'gatehouse', targets: new Map(), consoleWritten },
        isHeard: () => true,
        nowMillis: () => 0,
        found: () => ({ cluster: undefined, ownNamespace: 'gatehouse', bundle: missing }),
        leftOut: (count) => told.push(count),
      });

    for (const names of [['a'], ['a', 'b', 'c'], ['a', 'b', 'c'], ['a']]) await reconcile(names);
    await api.close();

    expect(told).to.deep.equal([2, 0]);
    // What is there for the console was the same all the time.
    expect(api.asked).to.have.length(1);
  });
});

function missing() {
  return { ok: false, problem: 'does not exist' } as const;
}
