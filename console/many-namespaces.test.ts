// One console over several namespaces: each request belongs to one of them, and to no other.

import { expect } from 'chai';
import type { DeskBench } from '#core/approvals/desk.testkit.ts';
import { ApprovalStoreFault } from '#core/approvals/store.ts';
import { VisitStoreFault } from '#core/identity/visit-store.ts';
import { ConsoleBench } from './console.testkit.ts';

describe('a console that serves several namespaces', () => {
  let bench: ConsoleBench;
  let other: DeskBench;
  beforeEach(async () => {
    bench = await ConsoleBench.start();
    other = bench.addNamespace('support');
  });
  afterEach(() => bench.close());

  const reason = { act: 'approve', reason: 'checked' };

  it('lists what waits in each, by a link that names it', async () => {
    const [one, two] = [await bench.ask('first'), await other.ask('second')];

    const text = await (await bench.get('/', await bench.visit('carol'))).text();

    expect(text).to.include(`/approvals/${one}?namespace=default`);
    expect(text).to.include(`/approvals/${two}?namespace=support`);
  });

  it('decides in the one that the link names', async () => {
    const id = await other.ask('second');
    const carol = await bench.visit('carol');

    const answer = await bench.post(`/approvals/${id}?namespace=support`, carol, reason);

    expect(answer.status).to.equal(303);
    expect(answer.headers.get('location')).to.equal(`/approvals/${id}?namespace=support`);
    expect(await other.stateOf(id)).to.equal('GRANTED');
  });

  it('finds the one that knows it where the link does not say', async () => {
    const id = await other.ask('second');
    const carol = await bench.visit('carol');

    await bench.post(`/approvals/${id}`, carol, reason);

    expect(await other.stateOf(id)).to.equal('GRANTED');
  });

  it('decides nothing about an id that two of them know', async () => {
    const id = await bench.ask('same');
    await other.ask('same');
    const carol = await bench.visit('carol');

    const shown = await bench.get(`/approvals/${id}`, carol);
    const decided = await bench.post(`/approvals/${id}`, carol, reason);

    expect([shown.status, decided.status]).to.deep.equal([409, 409]);
    expect([await bench.bench.stateOf(id), await other.stateOf(id)]).to.deep.equal([
      'PENDING',
      'PENDING',
    ]);
  });

  it('knows nothing of it in a namespace that it is not of, nor in one that is not served', async () => {
    const id = await other.ask('second');
    const carol = await bench.visit('carol');

    const paths = ['default', 'elsewhere'].map((name) => `/approvals/${id}?namespace=${name}`);
    const decided = await Promise.all(paths.map((path) => bench.post(path, carol, reason)));

    expect(decided.map(({ status }) => status)).to.deep.equal([404, 403]);
    expect(await other.stateOf(id)).to.equal('PENDING');
  });

  it('goes on in one while another cannot be asked', async () => {
    const id = await bench.ask('first');
    other.store.get = async () => {
      throw new ApprovalStoreFault('unavailable', 'away');
    };
    const carol = await bench.visit('carol');

    const answer = await bench.post(`/approvals/${id}?namespace=default`, carol, reason);

    expect(answer.status).to.equal(303);
    expect(await bench.bench.stateOf(id)).to.equal('GRANTED');
  });

  it('says so when it cannot look up who is signed in, and decides nothing', async () => {
    const id = await bench.ask('first');
    const carol = await bench.visit('carol');
    bench.visitsFail = new VisitStoreFault('away');

    const answer = await bench.post(`/approvals/${id}?namespace=default`, carol, reason);

    expect(answer.status).to.equal(503);
    expect(await answer.text()).to.include('Nobody can be known now');
    expect(await bench.bench.stateOf(id)).to.equal('PENDING');
  });
});
