// A sidecar takes its policy from documents that the operator signed: at its start from the mounted folder, then from the
// stream; nothing else, nothing older, and what it does not take it says.

import { generateKeyPairSync } from 'node:crypto';
import { expect } from 'chai';
import { type Pod, preparePod } from './pod.ts';
import { until } from './until.ts';

const ECHO = [{ name: 'echo', effect: 'Allow', match: { tools: ['echo'] } }] as const;
const ALL = [{ name: 'all', effect: 'Allow', match: { tools: ['*'] } }] as const;
/** Of a machine that may stand still for seconds; a silent stream is opened again after 45 s. */
const AT_ONCE_MS = 10_000;

describe('a sidecar in a pod', function () {
  this.timeout(60_000);
  let pod: Pod;

  beforeEach(async () => {
    pod = await preparePod();
  });

  afterEach(() => pod.close());

  const isAllowed = async (tool: string): Promise<boolean> => {
    const { text } = await pod.call(tool, { text: 'hello', message: 'hello' });
    return !/"isError":true|"error"/.test(text);
  };
  const lastAck = () => pod.operator.acks.at(-1);

  it('starts with the mounted document while the operator is away, and is certified when it is back', async () => {
    await pod.mount(await pod.operator.sign(pod.operator.document([pod.spec([...ECHO])])));
    await pod.operator.stop();
    await pod.start();

    expect(await isAllowed('echo')).to.equal(true);
    expect(await isAllowed('counter')).to.equal(false);
    const before = await pod.verify();
    await pod.operator.start();
    await until('the certificate', async () =>
      (await pod.records()).some(({ type }) => type === 'lane.certified'),
    );
    const after = await pod.verify();

    const codes = (found: typeof before) => found.problems.map(({ code }) => code);
    expect(codes(before)).to.include('lane_uncertified');
    expect(codes(after)).to.deep.equal(['lane_uncheckpointed']);
    expect(after.notes.map(({ code }) => code)).to.include('lane_certified_late');
    expect(pod.operator.lanes).to.have.length(1);
  });

  it('takes a newer document from the stream at once, and tells what is in force', async () => {
    await pod.mount(await pod.operator.sign(pod.operator.document([pod.spec([...ECHO])])));
    await pod.start();
    expect(await isAllowed('counter')).to.equal(false);
    const next = pod.operator.document([pod.spec([...ALL])]);
    await until('the stream', () => pod.operator.streams === 1);

    pod.operator.publish(await pod.operator.sign(next));
    // Long before it would open the stream again by itself.
    await until('its answer', () => lastAck()?.generation === next.generation, AT_ONCE_MS);

    expect(await isAllowed('counter')).to.equal(true);
    const { digest, generation } = next;
    expect(lastAck()).to.deep.include({
      digest,
      generation,
      status: 'Active',
      capture: 'Redirect',
    });
    const loaded = (await pod.records()).filter(({ type }) => type === 'policy.loaded');
    expect(loaded.map(({ detail }) => detail?.generation)).to.include(generation);
  });

  it('takes a newer document from the mounted folder too', async () => {
    await pod.mount(await pod.operator.sign(pod.operator.document([pod.spec([...ECHO])])));
    await pod.start();
    const next = pod.operator.document([pod.spec([...ALL])]);

    await pod.mount(await pod.operator.sign(next));
    await until('the new policy', () => isAllowed('counter'));

    await until('its answer', () => lastAck()?.generation === next.generation);
  });

  it('keeps the last good policy when the next is forged, foreign, expired or old, and says so', async () => {
    await pod.mount(await pod.operator.sign(pod.operator.document([pod.spec([...ECHO])])));
    await pod.start();
    await until('the stream', () => pod.operator.streams === 1);
    const forger = generateKeyPairSync('ed25519').privateKey;
    const all = () => pod.operator.document([pod.spec([...ALL])]);
    const bad = [
      { jws: await pod.operator.sign(all(), forger), problem: /not a policy document/ },
      { jws: await pod.operator.sign({ ...all(), key: 'deployment-other-0' }), problem: /^key:/ },
      {
        jws: await pod.operator.sign({ ...all(), notAfter: '2020-01-01T00:00:00Z' }),
        problem: /^notAfter:/,
      },
      { jws: await pod.operator.sign({ ...all(), digest: '0'.repeat(64) }), problem: /^digest:/ },
    ];
    for (const { jws, problem } of bad) {
      pod.operator.publish(jws);
      await until(String(problem), () => problem.test(lastAck()?.problem ?? ''));
      expect(lastAck()?.status).to.equal('Rejected');
    }

    pod.operator.publish(await pod.operator.sign({ ...all(), generation: 1 }));

    expect(await isAllowed('counter')).to.equal(false);
    const rejected = (await pod.records()).filter(({ type }) => type === 'policy.rejected');
    expect(rejected.length).to.be.at.least(bad.length);
  });

  it('allows nothing to anybody once no policy governs it', async () => {
    await pod.mount(await pod.operator.sign(pod.operator.document([pod.spec([...ECHO])])));
    await pod.start();
    await until('the stream', () => pod.operator.streams === 1);

    const none = pod.operator.document([]);
    pod.operator.publish(await pod.operator.sign(none));
    await until('its answer', () => lastAck()?.generation === none.generation);
    expect(lastAck()?.status).to.equal('Active');

    expect((await pod.call('echo')).status).to.equal(401);
  });

  it('does not start without a document, nor with one below the floor, and the log says why', async () => {
    const child = pod.launch();
    await until('the reason', () => child.output.includes('is not there or cannot be read'));
    const old = pod.operator.document([pod.spec([...ALL])]);
    await pod.setFloor(old.generation + 10);
    await child.stop();
    const again = pod.launch();
    await pod.mount(await pod.operator.sign(old));

    await until('the reason', () => again.output.includes('is older than one that was already'));
    const startupz = await fetch(`${pod.adminUrl}/startupz`).catch(() => undefined);

    expect(startupz?.ok ?? false).to.equal(false);
    const rejected = (await pod.records()).filter(({ type }) => type === 'policy.rejected');
    expect(rejected).not.to.have.length(0);
  });

  it('goes on under a document that ran out, on record, until it is renewed', async () => {
    const soon = new Date(Date.now() + 15_000).toISOString();
    const short = pod.operator.document([pod.spec([...ECHO])], { notAfter: soon });
    await pod.mount(await pod.operator.sign(short));
    await pod.start();
    await until('the end', () => /ran out/.test(lastAck()?.problem ?? ''), 30_000);

    expect(await isAllowed('echo')).to.equal(true);
    pod.operator.publish(await pod.operator.sign(pod.operator.document([pod.spec([...ECHO])])));
    await until('the renewal', async () =>
      (await pod.records()).some(({ type }) => type === 'degraded.exit'),
    );

    const degraded = (await pod.records()).filter(({ type }) => type === 'degraded.enter');
    expect(degraded.map(({ detail }) => detail?.dependency)).to.deep.equal(['policy']);
  });

  it('records on when the operator certifies another lane instead', async () => {
    await pod.mount(await pod.operator.sign(pod.operator.document([pod.spec([...ECHO])])));
    pod.operator.laneStatus = 409;
    await pod.start();
    await until('the refusal', () => pod.child.output.includes('status_409'));

    expect(await isAllowed('echo')).to.equal(true);
    expect((await pod.verify()).problems.map(({ code }) => code)).to.include('lane_uncertified');
    expect(pod.operator.lanes).to.have.length(1);
  });

  it('names the variable that is wrong, and what to do', async () => {
    const child = pod.launch({ GATEHOUSE_CAPTURE: 'Magic' });
    await until('its end', () => child.hasExited);

    expect(child.output).to.include(
      'GATEHOUSE_CAPTURE: must be one of PortTakeover, Redirect, NamedPort',
    );
  });
});
