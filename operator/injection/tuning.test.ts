import { expect } from 'chai';
import { readTuning } from './tuning.ts';

describe('the annotations that tune', () => {
  const wrong: Record<string, string[]> = {
    'gatehouse.dev/port': ['', '0', '65536', '-1', '1.5', '0x10', '080', ' 80'],
    'gatehouse.dev/path': ['', 'mcp', '/a?b', '/a#b', '/a b', '/a\n', `/${'a'.repeat(256)}`],
    'gatehouse.dev/capture': ['', 'auto', 'Explicit', 'constructor'],
    'gatehouse.dev/drain-seconds': ['', '-1', '3601', '5s', '1e3'],
    'gatehouse.dev/resources': [
      '',
      'null',
      '[]',
      '{"request":{}}',
      '{"limits":null}',
      '{"limits":{"memory":1}}',
      '{"limits":{"memory":"1 Gi"}}',
      '{"limits":{"memory":"-1"}}',
      '{"requests":{"storage":"1Gi"}}',
    ],
  };
  for (const [key, values] of Object.entries(wrong)) {
    for (const value of values) {
      it(`refuse ${key} ${JSON.stringify(value).slice(0, 40)} by name`, () => {
        const result = readTuning({ [key]: value });

        expect(result.ok ? '' : result.why).to.match(new RegExp(`^annotation ${key} must be `));
      });
    }
  }

  it('are all named when several are wrong', () => {
    const result = readTuning({ 'gatehouse.dev/port': 'x', 'gatehouse.dev/path': 'x' });

    expect(result.ok ? '' : result.why)
      .to.include('port')
      .and.to.include('gatehouse.dev/path');
  });
});
