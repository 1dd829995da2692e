import { globSync } from 'node:fs';
import { expect } from 'chai';
import { policyValidate } from './policy-validate.ts';

const EXAMPLES = globSync('examples/*/policy.yaml');

describe('the examples', () => {
  it('are there', () => {
    expect(EXAMPLES.length).to.be.above(3);
  });

  for (const file of EXAMPLES) {
    it(`${file} is valid, and nothing is said against it`, async () => {
      const said: string[] = [];
      const print = (text: string): void => void said.push(text);

      const code = await policyValidate.run([file], {
        stdout: print,
        stderr: print,
        env: {},
        stop: new AbortController().signal,
      });

      expect({ code, said: said.join('') }).to.deep.equal({ code: 0, said: '' });
    });
  }
});
