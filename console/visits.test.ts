// A visit is known by a secret, ends by itself, and is over when what proved its person changes.

import { expect } from 'chai';
import type { Principal } from '#core/identity/principal.ts';
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

const trust = () => 'as it was';

describe('visits', () => {
  it('are found by their secret, and no two have the same', () => {
    const visits = new Visits(() => 0);

    const [one, two] = ['carol', 'dave'].map((sub) => visits.begin(principal(sub), trust()));

    expect(visits.find(one, trust)?.principal.subject).to.equal('carol');
    expect(visits.find(two, trust)?.principal.subject).to.equal('dave');
    expect(one).to.match(/^[\w-]{43}$/);
  });

  it('have a form token of their own, which is not the secret', () => {
    const visits = new Visits(() => 0);

    const secrets = [
      visits.begin(principal('carol'), trust()),
      visits.begin(principal('carol'), trust()),
    ];
    const tokens = secrets.map((secret) => visits.find(secret, trust)?.formToken);

    expect(new Set([...secrets, ...tokens]).size).to.equal(4);
  });

  it('end after a working day', () => {
    let now = 0;
    const visits = new Visits(() => now);
    const secret = visits.begin(principal('carol'), trust());

    now = VISIT_SECONDS;

    expect(visits.find(secret, trust)).to.equal(undefined);
  });

  it('end when they are ended', () => {
    const visits = new Visits(() => 0);
    const secret = visits.begin(principal('carol'), trust());

    visits.end(secret);

    expect(visits.find(secret, trust)).to.equal(undefined);
  });

  it('are over for good once the policy trusts otherwise', () => {
    const visits = new Visits(() => 0);
    const secret = visits.begin(principal('carol'), trust());

    expect(visits.find(secret, () => 'another issuer')).to.equal(undefined);
    expect(visits.find(secret, trust)).to.equal(undefined);
  });

  for (const unknown of [undefined, '', 'x', 'A'.repeat(43)]) {
    it(`are not found by ${JSON.stringify(unknown)}`, () => {
      const visits = new Visits(() => 0);
      visits.begin(principal('carol'), trust());

      expect(visits.find(unknown, trust)).to.equal(undefined);
    });
  }

  it('of one person push out their oldest, and nobody else’s', () => {
    const visits = new Visits(() => 0);
    const dave = visits.begin(principal('dave'), trust());

    const carols = Array.from({ length: 9 }, () => visits.begin(principal('carol'), trust()));
    const found = carols.map((secret) => visits.find(secret, trust) !== undefined);

    expect(found).to.deep.equal([false, true, true, true, true, true, true, true, true]);
    expect(visits.find(dave, trust)).to.not.equal(undefined);
  });

  it('are bounded in number', () => {
    const visits = new Visits(() => 0);

    const [first] = Array.from({ length: 4097 }, (_, n) =>
      visits.begin(principal(`u${n}`), trust()),
    );

    expect(visits.find(first, trust)).to.equal(undefined);
  });
});
