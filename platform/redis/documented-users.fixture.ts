// The users of docs/redis.md, made on a server of tests as an administrator would from the page. Their password is `pass`.

import { readFile } from 'node:fs/promises';
import { connectTo } from './stores.fixture.ts';

const PAGE = new URL('../../docs/redis.md', import.meta.url);

/** Users are not replicated: each server has its own. */
export async function makeDocumentedUsers(...urls: readonly string[]): Promise<void> {
  const text = await readFile(PAGE, 'utf8');
  for (const url of urls) {
    const admin = await connectTo(url);
    for (const [, name = '', rules = ''] of text.matchAll(/^user (\w+) (.*)$/gm)) {
      const words = rules.replace('SECRET', 'pass').match(/\([^)]*\)|\S+/g) ?? [];
      await admin.call('ACL', 'SETUSER', name, ...words);
    }
    admin.disconnect();
  }
}
