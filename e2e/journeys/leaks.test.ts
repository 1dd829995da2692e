import { expect } from 'chai';
import { Secrets } from './leaks.ts';

describe('the search for secrets', () => {
  const spellings: { name: string; spell: (secret: string) => string }[] = [
    { name: 'as it is', spell: (secret) => `"${secret}"` },
    { name: 'percent-encoded', spell: encodeURIComponent },
    { name: 'in a query', spell: (secret) => String(new URLSearchParams({ a: secret })) },
    { name: 'in hex', spell: (secret) => Buffer.from(secret).toString('hex') },
    ...['', 'x', 'xx'].flatMap((before) =>
      (['base64', 'base64url'] as const).map((encoding) => ({
        name: `in ${encoding} after "${before}"`,
        spell: (secret: string) => Buffer.from(`${before}${secret}tail`).toString(encoding),
      })),
    ),
  ];
  for (const { name, spell } of spellings) {
    it(`finds one ${name}, and where it was planted`, () => {
      const secrets = new Secrets();
      const secret = secrets.plant('here');
      secrets.plant('elsewhere');

      const found = secrets.foundIn(spell(secret));

      expect(found.length).to.be.greaterThan(0);
      expect(found.every((each) => each.startsWith('here '))).to.equal(true);
    });
  }
});
