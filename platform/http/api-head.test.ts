import { expect } from 'chai';
import { bearerOf, refuseFarAway, refuseHead } from './api-head.ts';

describe('where the approvals API may be called from', () => {
  for (const address of ['127.0.0.1', '127.1.2.3', '::1', '::ffff:127.0.0.1']) {
    it(`is this machine: ${address}`, () => {
      expect(refuseFarAway(address, false)).to.equal(undefined);
    });
  }

  for (const address of ['192.0.2.7', '::ffff:192.0.2.7', '2001:db8::1', '', undefined]) {
    it(`is no other machine on plain http: ${address}`, () => {
      expect(refuseFarAway(address, false)).to.include({ code: 'transport_plain' });
      expect(refuseFarAway(address, true)).to.equal(undefined);
    });
  }

  it('is one host and one token, each said once', () => {
    const twice = (value: string) => [value, value];

    expect(refuseHead({ host: twice('localhost') }, [])).to.include({ code: 'host_not_allowed' });
    expect(refuseHead({}, [])).to.include({ code: 'host_not_allowed' });
    expect(refuseHead({ host: ['localhost'], origin: twice('http://localhost') }, [])).to.include({
      code: 'origin_not_allowed',
    });
    expect(refuseHead({ host: ['localhost:1'], origin: ['http://localhost:1'] }, [])).to.equal(
      undefined,
    );
    expect(bearerOf({ authorization: twice('Bearer a') })).to.include({ code: 'token_invalid' });
    expect(bearerOf({ authorization: ['Bearer a b'] })).to.include({ code: 'token_invalid' });
    expect(bearerOf({ authorization: ['bearer a'] })).to.equal('a');
  });
});
