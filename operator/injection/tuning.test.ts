import { expect } from 'chai';
import { readTuning } from './tuning.ts';

describe('the annotations that tune', () => {
  const wrong: Record<string, string[]> = {
    'gatehouse.dev/port': ['', '0', '65536', '-1', '1.5', '0x10', '080', ' 80'],
    'gatehouse.dev/path': ['', 'mcp', '/a?b', '/a#b', '/a b', '/a\n', `/${'a'.repeat(256)}`],
    'gatehouse.dev/capture': ['', 'auto', 'Explicit', 'constructor'],
    'gatehouse.dev/drain-seconds': ['', '0', '-1', '3601', '5s', '1e3'],
    'gatehouse.dev/resources': [
      '',
      'null',
      '[]',
      '{"request":{}}',
      '{"limits":null}',
      '{"limits":{"cpu":-1}}',
      '{"limits":{"cpu":true}}',
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

  it('take an amount that is written as a number, as Kubernetes does', () => {
    const result = readTuning({
      'gatehouse.dev/resources': '{"requests":{"cpu":0.5},"limits":{"cpu":1,"memory":"1Gi"}}',
    });

    expect(result.ok && result.resources).to.deep.equal({
      requests: { cpu: '0.5' },
      limits: { cpu: '1', memory: '1Gi' },
    });
  });

  it('are all named when several are wrong', () => {
    const result = readTuning({ 'gatehouse.dev/port': 'x', 'gatehouse.dev/path': 'x' });

    expect(result.ok ? '' : result.why)
      .to.include('port')
      .and.to.include('gatehouse.dev/path');
  });
});
