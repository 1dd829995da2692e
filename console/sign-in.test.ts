// The way in, without an identity provider: what is begun is sealed, and nothing but it comes back.

import { expect } from 'chai';
import { ConsoleBench } from './console.testkit.ts';
import { ownPath } from './sign-in.ts';

describe('the way back after signing in', () => {
  const ours = ['/', '/approvals/x', '/sessions?who=a&with=denied', '/a%20b'];
  for (const path of ours) {
    it(`leads to ${path}`, () => {
      expect(ownPath(path)).to.equal(path);
    });
  }

  const others = [
    null,
    '',
    'https://evil.example/',
    '//evil.example/',
    '/\\evil.example/',
    '/\t/evil.example/',
    'javascript:alert(1)',
    '/x/..//evil.example',
    `/${'a'.repeat(600)}`,
  ];
  for (const path of others) {
    it(`leads home instead of to ${JSON.stringify(path)?.slice(0, 40)}`, () => {
      expect(ownPath(path)).to.match(/^\/(?![/\\])/);
      expect(ownPath(path)).to.not.include('//');
      expect(ownPath(path).length).to.be.below(600);
    });
  }
});

describe('signing in', () => {
  let bench: ConsoleBench;
  beforeEach(async () => {
    bench = await ConsoleBench.start();
  });
  afterEach(() => bench.close());

  const cookies = ['', '__Host-gatehouse-sign-in=AAAA', '__Host-gatehouse-sign-in=x; x=y'];
  for (const cookie of cookies) {
    it(`is not finished in a browser with the cookie ${JSON.stringify(cookie)}`, async () => {
      const response = await bench.get('/sign-in/callback?code=c&state=s', { cookie });

      expect(response.status).to.equal(400);
      expect(response.headers.get('set-cookie')).to.include('__Host-gatehouse-sign-in=; ');
    });
  }
});
