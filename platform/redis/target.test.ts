// What a Redis URL may say, and how a wrong one is named without being repeated.

import { expect } from 'chai';
import { RedisFault } from './fault.ts';
import { isRedisUrl, readRedisUrl } from './target.ts';

describe('A Redis URL', () => {
  const good: readonly { readonly url: string; readonly target: object }[] = [
    {
      url: 'redis://localhost',
      target: { kind: 'server', address: { host: 'localhost', port: 6379 }, db: 0, tls: false },
    },
    {
      url: 'rediss://gate:s%3Acret@[::1]:6380/2',
      target: {
        kind: 'server',
        address: { host: '::1', port: 6380 },
        db: 2,
        tls: true,
        username: 'gate',
        password: 's:cret',
      },
    },
    {
      url: 'redis+sentinel://:pass@s1,s2:26380/mymaster/1',
      target: {
        kind: 'sentinel',
        sentinels: [
          { host: 's1', port: 26_379 },
          { host: 's2', port: 26_380 },
        ],
        master: 'mymaster',
        db: 1,
        tls: false,
        password: 'pass',
      },
    },
    {
      url: 'redis://gate@a:7000,b:7001',
      target: {
        kind: 'cluster',
        nodes: [
          { host: 'a', port: 7000 },
          { host: 'b', port: 7001 },
        ],
        tls: false,
        username: 'gate',
      },
    },
    {
      url: 'rediss://u:p@a:7000,rediss://u:p@b:7001',
      target: {
        kind: 'cluster',
        nodes: [
          { host: 'a', port: 7000 },
          { host: 'b', port: 7001 },
        ],
        tls: true,
        username: 'u',
        password: 'p',
      },
    },
  ];
  for (const { url, target } of good) {
    it(`such as ${url.replace(/:[^:@/]*@/, ':…@')} says what is meant`, () => {
      expect(isRedisUrl(url)).to.equal(true);
      expect(readRedisUrl(url, '--redis')).to.deep.equal(target);
    });
  }

  const bad: readonly { readonly url: string; readonly says: string }[] = [
    { url: 'http://hunter2@host', says: 'must be redis://HOST:PORT' },
    { url: 'hunter2', says: 'must be redis://HOST:PORT' },
    { url: 'redis://:hunter2@', says: 'an address that is not HOST' },
    { url: 'redis://:hunter2@host:99999', says: 'a port from 1 to 65535' },
    { url: 'redis://:hunter2@host:0', says: 'a port from 1 to 65535' },
    { url: 'redis://:hunter2@ho st', says: 'an address that is not HOST' },
    { url: 'redis://:hunter2@host/abc', says: 'a database that is not a number' },
    { url: 'redis://:hunter2@host/1/2', says: 'more than a database number' },
    { url: 'redis://:hunter2@a,b/1', says: 'a Cluster has only database 0' },
    { url: 'redis+sentinel://:hunter2@a,b', says: 'the name of the master' },
    { url: 'redis://:hunter2%zz@host', says: 'not percent-encoded' },
    { url: `redis://${'a,'.repeat(40)}hunter2`, says: 'more than 32 addresses' },
  ];
  for (const { url, says } of bad) {
    it(`is refused where it ${says}, and not repeated`, () => {
      try {
        readRedisUrl(url, '--redis');
        expect.fail('was taken');
      } catch (error) {
        expect(error).to.be.instanceOf(RedisFault);
        const message = error instanceof Error ? error.message : '';
        expect(message)
          .to.contain(says)
          .and.to.match(/^--redis: /);
        expect(message).not.to.contain('hunter2');
      }
    });
  }
});
