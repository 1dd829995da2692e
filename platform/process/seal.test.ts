import { expect } from 'chai';
import { Sealer } from './seal.ts';

const KEY = new Uint8Array(32).fill(1);
const OTHER = new Uint8Array(32).fill(2);

describe('seal', () => {
  it('opens what it sealed', () => {
    const sealer = new Sealer([KEY]);

    const sealed = sealer.seal('session', { id: 'x' });

    expect(sealer.open('session', sealed)).to.deep.equal({ id: 'x' });
  });

  it('gives a new envelope each time, in visible ASCII', () => {
    const sealer = new Sealer([KEY]);

    const [one, two] = [sealer.seal('session', 'x'), sealer.seal('session', 'x')];

    expect(one).to.not.equal(two);
    expect(one).to.match(/^[\w-]+$/);
  });

  it('opens what an older key sealed, and seals with the first', () => {
    const old = new Sealer([OTHER]).seal('state', 'x');

    const rotated = new Sealer([KEY, OTHER]);

    expect(rotated.open('state', old)).to.equal('x');
    expect(new Sealer([KEY]).open('state', rotated.seal('state', 'y'))).to.equal('y');
  });

  it('opens nothing that was changed in any byte, cut or lengthened', () => {
    const sealer = new Sealer([KEY]);
    const bytes = Buffer.from(sealer.seal('session', { id: 'x' }), 'base64url');

    for (let at = 0; at < bytes.length; at += 1) {
      const forged = Buffer.from(bytes);
      forged.writeUInt8(forged.readUInt8(at) ^ 1, at);
      expect(sealer.open('session', forged.toString('base64url')), `byte ${at}`).to.equal(
        undefined,
      );
      const cut = bytes.subarray(0, at).toString('base64url');
      expect(sealer.open('session', cut), `cut at ${at}`).to.equal(undefined);
    }
    expect(sealer.open('session', `${bytes.toString('base64url')}A`)).to.equal(undefined);
  });

  const foreign = [
    { name: 'another kind', open: (s: string) => new Sealer([KEY]).open('state', s) },
    { name: 'another key', open: (s: string) => new Sealer([OTHER]).open('session', s) },
  ];
  for (const { name, open } of foreign) {
    it(`does not open under ${name}`, () => {
      const sealed = new Sealer([KEY]).seal('session', 'x');

      expect(open(sealed)).to.equal(undefined);
    });
  }

  for (const text of ['', 'x', '=', 'not base64 !', 'A'.repeat(100_000)]) {
    it(`does not open ${text.slice(0, 12) || 'nothing'}`, () => {
      expect(new Sealer([KEY]).open('session', text)).to.equal(undefined);
    });
  }
});
