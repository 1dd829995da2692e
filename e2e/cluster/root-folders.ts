// Root file systems for images, put together from what this machine has: programs with the shared
// libraries that they load, and packages of node_modules with what they depend on.

import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { run } from './daemons.ts';

const USERS = `root:x:0:0:root:/root:/sbin/nologin
nonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin
`;
const GROUPS = 'root:x:0:\nnonroot:x:65532:\n';

/** Folders that programs expect, and the users that they may run as. */
export function makeRoot(folder: string): void {
  for (const name of ['etc', 'tmp', 'usr/bin', 'usr/sbin', 'home/nonroot', 'proc', 'sys', 'dev']) {
    mkdirSync(join(folder, name), { recursive: true });
  }
  chmodSync(join(folder, 'tmp'), 0o1777);
  writeFileSync(join(folder, 'etc/passwd'), USERS);
  writeFileSync(join(folder, 'etc/group'), GROUPS);
  writeFileSync(join(folder, 'etc/nsswitch.conf'), 'hosts: files dns\n');
}

/** Puts a program under `path` of the root, with its libraries where its loader looks for them. */
export function addProgram(folder: string, program: string, path: string): void {
  const target = join(folder, path);
  mkdirSync(dirname(target), { recursive: true });
  cpSync(realpathSync(program), target);
  for (const library of librariesOf(program)) {
    mkdirSync(join(folder, dirname(library)), { recursive: true });
    cpSync(realpathSync(library), join(folder, library));
  }
}

/** Other names by which busybox is one command. */
export function addCommands(folder: string, busybox: string, names: readonly string[]): void {
  for (const name of names) {
    symlinkSync(basename(busybox), join(folder, dirname(busybox), name));
  }
}

/** Puts a package, and all it depends on, as npm has installed them. */
export function addPackage(folder: string, name: string): void {
  const seen = new Set<string>();
  const pending = [join('node_modules', name)];
  for (let from = pending.pop(); from !== undefined; from = pending.pop()) {
    if (seen.has(from)) continue;
    seen.add(from);
    cpSync(from, join(folder, from), { recursive: true });
    const { dependencies = {} } = JSON.parse(readFileSync(join(from, 'package.json'), 'utf8'));
    pending.push(...Object.keys(dependencies).map((dependency) => locate(from, dependency)));
  }
}

/** As Node.js looks for it: in the folder's own packages, then further up. */
function locate(from: string, name: string): string {
  for (let folder = from; folder !== '.'; folder = dirname(folder)) {
    const candidate = join(folder, 'node_modules', name);
    if (existsSync(candidate)) return candidate;
  }
  return join('node_modules', name);
}

function librariesOf(program: string): readonly string[] {
  let listed: string;
  try {
    listed = run('ldd', program);
  } catch {
    // Static.
    return [];
  }
  return [...new Set(listed.match(/\/[^ ]+/g)?.filter((path) => path.includes('.so')))];
}
