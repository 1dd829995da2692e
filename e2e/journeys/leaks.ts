// Secrets that a journey plants, and the search for them where none may ever be: every byte, in the
// clear and in the spellings in which secrets travel.

import { randomBytes } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Remembers each secret by where it was planted. */
export class Secrets {
  readonly #planted = new Map<string, string>();

  /** A new secret; its characters show whether they were escaped on their way. */
  plant(where: string): string {
    return this.add(where, `S/${randomBytes(9).toString('hex')}+&=`);
  }

  /** The same, of letters and digits alone: for URLs and names of hosts. */
  plantWord(where: string): string {
    return this.add(where, `s${randomBytes(12).toString('hex')}`);
  }

  /** One that somebody else made: a token, a key. */
  add(where: string, secret: string): string {
    if (this.#planted.has(where)) throw new Error(`planted twice: ${where}`);
    this.#planted.set(where, secret);
    return secret;
  }

  get count(): number {
    return this.#planted.size;
  }

  /** Where the secrets were planted that `bytes` contain, and how they are spelt there. */
  foundIn(bytes: Uint8Array | string): readonly string[] {
    const haystack = Buffer.from(bytes);
    return [...this.#planted].flatMap(([where, secret]) =>
      [...spellings(secret)]
        .filter(([, form]) => haystack.includes(form))
        .map(([name]) => `${where} (${name})`),
    );
  }
}

function spellings(secret: string): ReadonlyMap<string, string> {
  const forms = new Map([
    ['as it is', secret],
    ['percent-encoded', encodeURIComponent(secret)],
    ['form-encoded', new URLSearchParams({ x: secret }).toString().slice('x='.length)],
    ['hex', Buffer.from(secret).toString('hex')],
    ['JSON', JSON.stringify(secret).slice(1, -1)],
  ]);
  // In the middle of a longer text, base64 has three forms, and only whole groups of it are certain.
  for (const before of [0, 1, 2]) {
    const shifted = Buffer.concat([Buffer.alloc(before), Buffer.from(secret)]);
    const text = shifted.toString('base64').replaceAll('=', '');
    const certain = text.slice(before === 0 ? 0 : 4, text.length - 3);
    forms.set(`base64 at ${before}`, certain);
    forms.set(`base64url at ${before}`, certain.replaceAll('+', '-').replaceAll('/', '_'));
  }
  return forms;
}

/** Every file below a directory, by its path in there. */
export async function filesIn(directory: string): Promise<ReadonlyMap<string, Buffer>> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  const read = files.map(async ({ parentPath, name }): Promise<[string, Buffer]> => {
    const path = join(parentPath, name);
    return [path.slice(directory.length + 1), await readFile(path)];
  });
  return new Map(await Promise.all(read));
}
