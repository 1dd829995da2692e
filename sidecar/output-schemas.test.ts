import { expect } from 'chai';
import { OutputSchemas } from './output-schemas.ts';

describe('the output schemas that are kept', () => {
  it('are found by the name of their tool, as last seen', () => {
    const schemas = new OutputSchemas();

    schemas.keep('a', { type: 'object' });
    schemas.keep('a', { type: 'array' });
    schemas.keep('b', undefined);

    expect(schemas.find('a')).to.deep.equal({ type: 'array' });
    expect(schemas.find('b')).to.equal(undefined);
    schemas.keep('a', undefined);
    expect(schemas.find('a')).to.equal(undefined);
  });

  it('have a bounded size each, and all together: the least recently seen one goes', () => {
    const schemas = new OutputSchemas();
    const large = { description: 'x'.repeat(200_000) };

    schemas.keep('too large', { description: 'x'.repeat(300_000) });
    for (let at = 0; at < 100; at += 1) {
      schemas.keep(`tool ${at}`, large);
      schemas.keep('seen always', large);
    }

    expect(schemas.find('too large')).to.equal(undefined);
    expect(schemas.find('tool 0')).to.equal(undefined);
    expect(schemas.find('tool 99')).to.equal(large);
    expect(schemas.find('seen always')).to.equal(large);
  });
});
