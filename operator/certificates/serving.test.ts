import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { connect } from 'node:tls';
import { expect } from 'chai';
import { MemoryAuthorityStore } from './authority-store.ts';
import type { CaBundles } from './ca-bundles.ts';
import { LEAF_DAYS } from './issue.ts';
import { ServingCertificate } from './serving.ts';

const DAY_MS = 24 * 60 * 60 * 1000;
const HOST = 'gatehouse-operator.gatehouse-system.svc';

/** What an API server that has both configurations would hold. */
class Bundles implements CaBundles {
  texts: string[] | undefined = ['', ''];
  writes = 0;
  async observed() {
    return this.texts;
  }
  async write(bundle: string) {
    if (this.texts === undefined || this.texts.every((text) => text === bundle)) return;
    this.writes += 1;
    this.texts = this.texts.map(() => bundle);
  }
}

function replicas(count: number) {
  const store = new MemoryAuthorityStore();
  const bundles = new Bundles();
  const state = { nowMillis: Date.now(), leader: 0, changes: 0 };
  const all = Array.from(
    { length: count },
    (_, index) =>
      new ServingCertificate({
        store,
        caBundles: bundles,
        dnsNames: [HOST, `${HOST}.cluster.local`],
        nowMillis: () => state.nowMillis,
        leads: () => state.leader === index,
        onChange: () => {
          state.changes += 1;
        },
      }),
  );
  return { all, bundles, state };
}

/** Whether a client that believes `ca` at this time would take it. */
function isTaken(cert: string, ca: string, nowMillis: number): boolean {
  const leaf = new X509Certificate(cert);
  const isInTime = nowMillis > Date.parse(leaf.validFrom) && nowMillis < Date.parse(leaf.validTo);
  const authorities = ca.match(/-----BEGIN[\s\S]+?-----END CERTIFICATE-----/g) ?? [];
  return (
    isInTime &&
    leaf.checkHost(HOST) !== undefined &&
    authorities.some((each) => leaf.verify(new X509Certificate(each).publicKey))
  );
}

describe('the certificate of a replica', () => {
  it('is taken by a real TLS client that believes the bundle, and by no other', async () => {
    const { all } = replicas(1);
    const [serving] = all;
    await serving?.tick();
    const server = createServer({ ...serving?.leaf }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const dial = (ca: string | undefined) =>
      new Promise<boolean>((resolve) => {
        const socket = connect({ host: '127.0.0.1', port, servername: HOST, ca });
        socket
          .once('secureConnect', () => resolve(socket.authorized))
          .once('error', () => resolve(false));
        socket.once('secureConnect', () => socket.destroy());
      });

    expect(await dial(serving?.bundle)).to.equal(true);
    expect(await dial(undefined)).to.equal(false);
    const other = replicas(1);
    await other.all[0]?.tick();
    expect(await dial(other.all[0]?.bundle)).to.equal(false);
    server.close();
  });

  it('is ready only once the API server believes its issuer', async () => {
    const { all, state, bundles } = replicas(2);
    state.leader = 1;
    await all[0]?.tick();
    expect(all[0]?.isBelieved).to.equal(false);

    await all[1]?.tick();
    await all[0]?.tick();
    expect(all.map(({ isBelieved }) => isBelieved)).to.deep.equal([true, true]);
    expect(bundles.writes).to.equal(1);
  });

  it('stays ready while an upgrade brings a webhook that has no authority yet, which it is given', async () => {
    const { all, bundles } = replicas(2);
    for (const each of all) await each.tick();
    await all[1]?.tick();
    bundles.texts = [...(bundles.texts ?? []), ''];

    await all[1]?.tick();
    expect(all[1]?.isBelieved).to.equal(true);

    await all[0]?.tick();
    expect(bundles.texts?.includes('')).to.equal(false);
  });

  it('is not ready where another authority is believed', async () => {
    const [ours, others] = [replicas(1), replicas(1)];
    await ours.all[0]?.tick();
    await others.all[0]?.tick();
    const [theirs = ''] = others.bundles.texts ?? [];
    ours.state.leader = 1;
    ours.bundles.texts = [theirs, ''];

    await ours.all[0]?.tick();

    expect(ours.all[0]?.isBelieved).to.equal(false);
  });

  it('is of one authority, whichever replica came first', async () => {
    const { all } = replicas(3);
    await Promise.all(all.map((each) => each.tick()));

    expect(new Set(all.map(({ bundle }) => bundle)).size).to.equal(1);
  });

  it('is renewed and believed all the time, over rotations and changes of the leader', async () => {
    const { all, bundles, state } = replicas(2);
    for (const each of all) await each.tick();
    let rotations = 0;
    let last = '';
    for (let day = 0; day < 550; day += 1) {
      state.nowMillis += DAY_MS;
      if (day % 10 === 1) state.leader = 1 - state.leader;
      for (const each of all) {
        await each.tick();
        const { leaf, bundle } = each;
        const believed = bundles.texts?.[0] ?? '';
        expect(isTaken(leaf?.cert ?? '', bundle, state.nowMillis), `day ${day}`).to.equal(true);
        expect(isTaken(leaf?.cert ?? '', believed, state.nowMillis), `day ${day}`).to.equal(true);
      }
      if (all[0]?.bundle !== last) rotations += 1;
      last = all[0]?.bundle ?? '';
    }

    // Each authority lasts about eight months, and comes and goes in three steps.
    expect(rotations).to.be.within(6, 8);
    expect(state.changes).to.be.above((2 * 550) / LEAF_DAYS);
  }).timeout(60_000);

  it('does not sign with an authority that the API server does not believe yet', async () => {
    const { all, bundles, state } = replicas(1);
    await all[0]?.tick();
    const first = all[0]?.leaf;
    state.nowMillis += 250 * DAY_MS;
    bundles.write = () => Promise.reject(new Error('away'));
    await all[0]?.tick().catch(() => {});
    state.nowMillis += 5 * DAY_MS;
    await all[0]?.tick().catch(() => {});

    expect(isTaken(first?.cert ?? '', bundles.texts?.[0] ?? '', Date.now())).to.equal(true);
    expect(bundles.texts?.[0]?.match(/BEGIN/g)).to.have.length(1);
  });

  it('needs no webhooks to be ready, as before the chart is whole', async () => {
    const { all, bundles } = replicas(1);
    bundles.texts = undefined;
    await all[0]?.tick();

    expect(all[0]?.isBelieved).to.equal(true);
  });
});
