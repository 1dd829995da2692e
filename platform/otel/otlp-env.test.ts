import { expect } from 'chai';
import { exporterSetting, millis, OtlpFault, pairs, setting } from './otlp-env.ts';

const found = (value: string) => ({ name: 'OTEL_X', value });

describe('a standard variable', () => {
  it('is none when it is empty', () => {
    expect(setting({ OTEL_X: '  ' }, 'OTEL_X')).to.equal(undefined);
    expect(setting({}, 'OTEL_X')).to.equal(undefined);
  });

  it('of one signal wins over the general one', () => {
    const env = { OTEL_EXPORTER_OTLP_TIMEOUT: '1', OTEL_EXPORTER_OTLP_LOGS_TIMEOUT: '2' };

    expect(exporterSetting(env, 'logs', 'TIMEOUT')?.value).to.equal('2');
    expect(exporterSetting(env, 'traces', 'TIMEOUT')?.value).to.equal('1');
  });

  for (const value of ['0', '-1', '1.5', '10s', '9999999999']) {
    it(`is no time when it is ${value}, and the error does not repeat it`, () => {
      expect(() => millis(found(value), 1)).to.throw(OtlpFault, /^OTEL_X: must be a whole number/);
    });
  }

  it('is a time in milliseconds, or the default', () => {
    expect(millis(found('250'), 1)).to.equal(250);
    expect(millis(undefined, 1)).to.equal(1);
  });
});

describe('a list of pairs', () => {
  const lists: { text: string; pairs: Record<string, string> }[] = [
    { text: 'a=1,b=2', pairs: { a: '1', b: '2' } },
    { text: ' a = 1 , b=2=3,', pairs: { a: '1', b: '2=3' } },
    { text: 'authorization=Bearer%20t%2C', pairs: { authorization: 'Bearer t,' } },
    { text: 'a=', pairs: { a: '' } },
  ];
  for (const { text, pairs: expected } of lists) {
    it(`is read from ${text}`, () => {
      expect(Object.fromEntries(pairs(found(text)))).to.deep.equal(expected);
    });
  }

  for (const text of ['s3cret', '=s3cret', 'a=%s3cret']) {
    it(`is refused when it is ${text}, and the error does not repeat it`, () => {
      expect(() => pairs(found(text)))
        .to.throw(OtlpFault, /^OTEL_X: /)
        .with.property('message')
        .that.does.not.include('s3cret');
    });
  }

  it('is empty when it is not given', () => {
    expect(pairs(undefined).size).to.equal(0);
  });
});
