import { expect } from 'chai';
import { differing, pinsOf, pinsText } from './pins-text.ts';

const PLAIN = { name: 'add', text: '{"name":"add"}', hidesText: false };

describe('pins', () => {
  it('are none when one definition has no canonical form, and say which', () => {
    const pins = pinsOf([PLAIN, { name: 'huge', text: undefined, hidesText: false }]);

    expect(pins).to.deep.include({ ok: false });
    expect(pins.ok || pins.reason).to.include('huge: a number');
  });

  it('differ only where both name the tool', () => {
    const pins = [
      { name: 'a', digest: '1' },
      { name: 'b', digest: '1' },
    ];

    expect(differing(pins, [{ name: 'a', digest: '2' }])).to.deep.equal(['a']);
    expect(differing(pins, [])).to.deep.equal([]);
  });

  it('are written as a part of a policy, with where they come from', () => {
    expect(pinsText([{ name: 'add', digest: 'sha256:00' }], 'x\u001b[2J')).to.equal(
      `# Tool definitions of x\\u{1b}[2J
spec:
  tools:
    pins:
    - name: "add"
      digest: sha256:00
`,
    );
  });
});
