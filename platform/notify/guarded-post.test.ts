import { expect } from 'chai';
import { GuardedPost } from './guarded-post.ts';
import { type Receiver, startReceiver } from './receiver.testkit.ts';

const OPEN = { allowPrivate: true, allowPlainHttp: true };

describe('one post to a receiver', () => {
  let receiver: Receiver;
  let post: GuardedPost;
  let answer: readonly [number, Record<string, string>?] = [204];
  const send = (url = receiver.url) =>
    post.send({ url, headers: { 'webhook-id': 'n1' }, body: '{}' });

  before(async () => {
    receiver = await startReceiver(() => answer);
    post = new GuardedPost(OPEN);
  });
  after(async () => {
    await post.close();
    await receiver.close();
  });

  it('arrives with its headers', async () => {
    expect(await send()).to.deep.equal({ kind: 'delivered' });
    expect(receiver.received.at(-1)?.headers).to.include({
      'webhook-id': 'n1',
      'content-type': 'application/json',
    });
  });

  for (const [status, isFinal] of [
    [400, true],
    [404, true],
    [410, true],
    [408, false],
    [429, false],
    [500, false],
    [503, false],
  ] as const) {
    it(`is worth another try after ${status}: ${!isFinal}`, async () => {
      answer = [status];

      expect(await send()).to.deep.equal({ kind: 'failed', cause: `http_${status}`, isFinal });
    });
  }

  it('waits as long as the receiver asks', async () => {
    answer = [429, { 'retry-after': '7' }];

    expect(await send()).to.include({ retryAfterMillis: 7000 });
  });

  it('goes where it was sent, and not where it is told to go on', async () => {
    const other = await startReceiver();
    answer = [307, { location: other.url }];

    expect(await send()).to.deep.equal({ kind: 'failed', cause: 'http_307', isFinal: true });
    expect(other.received).to.deep.equal([]);
    await other.close();
  });

  it('says when nobody is there', async () => {
    const gone = await startReceiver();
    await gone.close();

    expect(await send(gone.url)).to.deep.equal({
      kind: 'failed',
      cause: 'ECONNREFUSED',
      isFinal: false,
    });
  });

  for (const url of ['ftp://example.com/', 'not a url', 'https://user:secret@example.com/']) {
    it(`is not sent to ${url}`, async () => {
      expect(await send(url)).to.include({ kind: 'failed', isFinal: true });
    });
  }
});

describe('a guarded post', () => {
  let receiver: Receiver;
  let post: GuardedPost;
  before(async () => {
    receiver = await startReceiver();
    post = new GuardedPost({ allowPrivate: false, allowPlainHttp: true });
  });
  after(async () => {
    await post.close();
    await receiver.close();
  });
  const to = (url: string) => post.send({ url, headers: {}, body: '{}' });

  it('reaches no private address, written out or looked up', async () => {
    const port = new URL(receiver.url).port;
    const hosts = ['127.0.0.1', 'localhost', '[::1]', '[::ffff:127.0.0.1]', '2130706433', '0x7f.1'];

    for (const host of hosts) {
      expect(await to(`http://${host}:${port}/hook`), host).to.deep.equal({
        kind: 'failed',
        cause: 'private_address',
        isFinal: true,
      });
    }
    expect(receiver.received).to.deep.equal([]);
  });

  it('takes plain http only where that is allowed', async () => {
    const strict = new GuardedPost({ allowPrivate: true, allowPlainHttp: false });

    expect(await strict.send({ url: receiver.url, headers: {}, body: '' })).to.include({
      cause: 'plain_http',
    });
    await strict.close();
  });
});
