import { expect } from 'chai';
import { isLoopback } from './loopback.ts';

describe('loopback', () => {
  const cases: { url: string; loopback: boolean }[] = [
    { url: 'http://localhost:80', loopback: true },
    { url: 'http://LOCALHOST', loopback: true },
    { url: 'http://127.0.0.1', loopback: true },
    { url: 'http://127.9.8.7:1', loopback: true },
    { url: 'http://2130706433', loopback: true },
    { url: 'http://[::1]:8080', loopback: true },
    { url: 'http://localhost.example', loopback: false },
    { url: 'http://127.0.0.1.example', loopback: false },
    { url: 'http://0.0.0.0', loopback: false },
    { url: 'http://10.0.0.1', loopback: false },
    { url: 'http://[::ffff:10.0.0.1]', loopback: false },
    { url: 'http://user@idp.example', loopback: false },
  ];
  for (const { url, loopback } of cases) {
    it(`${loopback ? 'is' : 'is not'} ${url}`, () => {
      expect(isLoopback(new URL(url).hostname)).to.equal(loopback);
    });
  }
});
