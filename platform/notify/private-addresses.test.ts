import { expect } from 'chai';
import { isPrivateAddress } from './private-addresses.ts';

describe('addresses that no notification goes to', () => {
  for (const address of [
    '127.0.0.1',
    '10.1.2.3',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.1.1',
    '169.254.169.254',
    '100.64.0.1',
    '0.0.0.0',
    '224.0.0.1',
    '255.255.255.255',
    '::1',
    '::',
    '::ffff:10.0.0.1',
    '::ffff:8.8.8.8',
    'fe80::1',
    'fd00::1',
    'fec0::1',
    'ff02::1',
    '64:ff9b::a00:1',
    '2002:a00:1::',
    '2001:db8::1',
    'not an address',
  ]) {
    it(`are such as ${address}`, () => {
      expect(isPrivateAddress(address)).to.equal(true);
    });
  }

  for (const address of [
    '8.8.8.8',
    '172.32.0.1',
    '192.169.0.1',
    '2606:4700::1111',
    '2a00:1450::1',
  ]) {
    it(`are not such as ${address}`, () => {
      expect(isPrivateAddress(address)).to.equal(false);
    });
  }
});
