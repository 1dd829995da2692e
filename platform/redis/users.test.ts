import { expect } from 'chai';
import { readNamespace } from './keys.ts';
import { readRedisUrl } from './target.ts';
import { namespaceUser, withLogin } from './users.ts';

describe('the Redis of a namespace’s user', () => {
  for (const url of [
    'redis://a:1',
    'rediss://admin:secret@a:1/2',
    'redis+sentinel://admin:secret@a,b:2/master',
    'redis://admin:secret@a:1,b:2',
    'redis://admin:secret@a:1,redis://admin:secret@b:2',
  ]) {
    it(`is that of ${url} with another login`, () => {
      const theirs = withLogin(url, 'gatehouse-pay', 'p:w');

      const { username, password, ...place } = readRedisUrl(theirs, 'test');
      const { username: _, password: __, ...admin } = readRedisUrl(url, 'test');
      expect([username, password]).to.deep.equal(['gatehouse-pay', 'p:w']);
      expect(place).to.deep.equal(admin);
      expect(theirs).to.not.include('secret');
    });
  }

  it('is never the default user of Redis', () => {
    expect(namespaceUser(readNamespace('default')!)).to.not.equal('default');
  });
});
