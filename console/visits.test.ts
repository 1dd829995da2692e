// A visit is known by a secret, ends by itself, and lies sealed where it is kept: whoever reads that place
// learns nothing, and whoever writes there signs nobody in.

import { expect } from 'chai';
import type { Principal } from '#core/identity/principal.ts';
import { MemoryVisitStore } from '#platform/memory/visit-store.ts';
import { Sealer } from '#platform/process/seal.ts';
import { VISIT_SECONDS, Visits } from './visits.ts';

function principal(subject: string): Principal {
  return {
    issuer: 'https://idp.example',
    issuerName: 'corp',
    subject,
    actors: [],
    groups: [],
    scopes: [],
    claims: {},
    expiresAtSeconds: 0,
  };
}

const TRUST = 'as it was';
const yes = () => true;

function setUp() {
  const clock = { seconds: 0 };
  const store = new MemoryVisitStore(() => clock.seconds * 1000);
  const sealer = new Sealer([new Uint8Array(32).fill(7)]);
  const visits = new Visits({ store, sealer, nowSeconds: () => clock.seconds });
  const begin = (subject: string) => visits.begin(principal(subject), TRUST);
  return { clock, store, visits, begin };
}

describe('visits', () => {
  it('are found by their secret, and no two have the same', async () => {
    const { visits, begin } = setUp();

    const [one, two] = [await begin('carol'), await begin('dave')];

    expect((await visits.find(one, yes))?.principal).to.deep.equal(principal('carol'));
    expect((await visits.find(two, yes))?.principal.subject).to.equal('dave');
    expect(one).to.match(/^[\w-]{43}$/);
  });

  it('have a form token of their own, which is not the secret', async () => {
    const { visits, begin } = setUp();

    const secrets = [await begin('carol'), await begin('carol')];
    const found = await Promise.all(secrets.map((secret) => visits.find(secret, yes)));

    expect(new Set([...secrets, ...found.map((visit) => visit?.formToken)]).size).to.equal(4);
  });

  it('end after a working day', async () => {
    const { clock, visits, begin } = setUp();
    const secret = await begin('carol');

    clock.seconds = VISIT_SECONDS;

    expect(await visits.find(secret, yes)).to.equal(undefined);
  });

  it('end when they are ended, and are not kept after that', async () => {
    const { visits, begin } = setUp();
    const secret = await begin('carol');
    const visit = await visits.find(secret, yes);

    await visits.end(secret);
    if (visit !== undefined) await visits.keep(visit);

    expect(await visits.find(secret, yes)).to.equal(undefined);
  });

  it('are over while the policy trusts otherwise', async () => {
    const { visits, begin } = setUp();
    const secret = await begin('carol');

    expect(await visits.find(secret, ({ trust }) => trust !== TRUST)).to.equal(undefined);
  });

  for (const unknown of [undefined, '', 'x', 'A'.repeat(43)]) {
    it(`are not found by ${JSON.stringify(unknown)}`, async () => {
      const { visits, begin } = setUp();
      await begin('carol');

      expect(await visits.find(unknown, yes)).to.equal(undefined);
    });
  }

  it('of one person push out their oldest, and nobody else’s', async () => {
    const { visits, begin } = setUp();
    const dave = await begin('dave');

    const carols: string[] = [];
    for (let n = 0; n < 9; n += 1) carols.push(await begin('carol'));
    const found = await Promise.all(carols.map((secret) => visits.find(secret, yes)));

    expect(found.map((visit) => visit !== undefined)).to.deep.equal([
      ...[false, true, true, true, true, true, true, true, true],
    ]);
    expect(await visits.find(dave, yes)).to.not.equal(undefined);
  });

  it('are bounded in number', async () => {
    const { visits, begin } = setUp();
    const first = await begin('u0');

    for (let n = 1; n <= 4096; n += 1) await begin(`u${n}`);

    expect(await visits.find(first, yes)).to.equal(undefined);
  });

  it('remember what a page has said and what was written', async () => {
    const { visits, begin } = setUp();
    const secret = await begin('carol');
    const visit = await visits.find(secret, yes);
    if (visit === undefined) throw new Error('no visit');

    await visits.keep({ ...visit, draft: { approvalId: 'a', reason: 'because' }, viewed: ['s'] });

    const again = await visits.find(secret, yes);
    expect(again?.draft).to.deep.equal({ approvalId: 'a', reason: 'because' });
    expect(again?.viewed).to.deep.equal(['s']);
  });

  it('lie sealed: neither who it is nor the form token can be read', async () => {
    const { store, visits, begin } = setUp();
    const secret = await begin('carol');
    const visit = await visits.find(secret, yes);

    const text = (await store.get(visit?.key ?? '')) ?? '';

    const clear = [text, Buffer.from(text, 'base64url').toString('latin1')].join();
    expect(clear)
      .to.not.include('carol')
      .and.not.include(visit?.formToken ?? '-');
    expect(clear).to.not.include(secret);
  });

  it('are worth nothing under another secret: whoever writes the store signs nobody in', async () => {
    const { store, visits, begin } = setUp();
    const carol = await visits.find(await begin('carol'), yes);
    const mallory = await begin('mallory');
    const own = await visits.find(mallory, yes);

    await store.replace(own?.key ?? '', (await store.get(carol?.key ?? '')) ?? '');

    expect(await visits.find(mallory, yes)).to.equal(undefined);
  });
});
