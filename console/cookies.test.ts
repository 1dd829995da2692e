// Cookies are bound to the host, hidden from scripts, and read only when there is no doubt which is meant.

import { expect } from 'chai';
import { clearCookie, readCookie, setCookie } from './cookies.ts';

describe('cookies of the console', () => {
  it('are bound to the host, to TLS or loopback, and hidden from scripts', () => {
    const cookie = setCookie('visit', 'abc', 60);

    expect(cookie).to.equal(
      '__Host-gatehouse=abc; Path=/; Max-Age=60; Secure; HttpOnly; SameSite=Lax',
    );
  });

  it('are cleared with the attributes they were set with', () => {
    expect(clearCookie('sign-in')).to.equal(
      '__Host-gatehouse-sign-in=; Path=/; Max-Age=0; Secure; HttpOnly; SameSite=Lax',
    );
  });

  it('cannot carry what would become an attribute', () => {
    expect(() => setCookie('visit', 'a; Domain=evil.example', 60)).to.throw(RangeError);
  });

  it('are read by their whole name', () => {
    const header = 'x__Host-gatehouse=1; __Host-gatehouse-sign-in=2; __Host-gatehouse=3; y=4';

    expect(readCookie(header, 'visit')).to.equal('3');
    expect(readCookie(header, 'sign-in')).to.equal('2');
  });

  const none = [
    { name: 'no header', header: undefined },
    { name: 'another cookie', header: 'gatehouse=1' },
    { name: 'two of the name', header: '__Host-gatehouse=1; __Host-gatehouse=2' },
    { name: 'an empty one', header: '__Host-gatehouse=' },
    { name: 'characters that are not ours', header: '__Host-gatehouse="1"' },
    { name: 'more than a browser sends', header: `__Host-gatehouse=${'a'.repeat(5000)}` },
  ];
  for (const { name, header } of none) {
    it(`are not read from ${name}`, () => {
      expect(readCookie(header, 'visit')).to.equal(undefined);
    });
  }
});
