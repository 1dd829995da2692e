// An authority of tests and the certificates that it signs: for 127.0.0.1 and localhost unless others are named, a day
// long.

import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

export interface KeyedCertificate {
  /** PEM. */
  readonly cert: string;
  readonly key: string;
}

export interface TestAuthority {
  /** PEM. */
  readonly ca: string;
  /** `names` as openssl writes them, such as `IP:10.0.0.1,DNS:server`. */
  issue(names?: string): Promise<KeyedCertificate>;
}

const run = promisify(execFile);
const NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '1'];

export async function testAuthority(): Promise<TestAuthority> {
  const root = await inFolder(async (folder) => {
    const subject = ['-x509', '-subj', '/CN=Gatehouse test authority'];
    const usage = ['-addext', 'keyUsage=critical,keyCertSign'];
    await openssl(
      folder,
      'req',
      ...subject,
      ...NEW_KEY,
      ...usage,
      '-keyout',
      'key',
      '-out',
      'cert',
    );
    return readPair(folder);
  });
  return { ca: root.cert, issue: (names = 'IP:127.0.0.1,DNS:localhost') => issue(root, names) };
}

function issue(root: KeyedCertificate, san: string): Promise<KeyedCertificate> {
  return inFolder(async (folder) => {
    await writeFile(join(folder, 'ca'), root.cert);
    await writeFile(join(folder, 'ca-key'), root.key);
    const signed = ['-x509', '-CA', 'ca', '-CAkey', 'ca-key', '-subj', '/CN=localhost'];
    const names = ['-addext', `subjectAltName=${san}`];
    const leaf = ['-addext', 'basicConstraints=critical,CA:FALSE'];
    await openssl(
      folder,
      'req',
      ...signed,
      ...NEW_KEY,
      ...names,
      ...leaf,
      '-keyout',
      'key',
      '-out',
      'cert',
    );
    return readPair(folder);
  });
}

function openssl(folder: string, ...words: readonly string[]): Promise<unknown> {
  return run('openssl', words, { cwd: folder });
}

async function readPair(folder: string): Promise<KeyedCertificate> {
  const [cert, key] = await Promise.all(
    ['cert', 'key'].map((name) => readFile(join(folder, name), 'utf8')),
  );
  return { cert: cert ?? '', key: key ?? '' };
}

async function inFolder<Result>(use: (folder: string) => Promise<Result>): Promise<Result> {
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-authority-'));
  try {
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}
