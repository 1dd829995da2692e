// The images of the test cluster: Gatehouse's own three as their Dockerfiles make them, what carries
// the redirect, Redis, and a server that is not ours.

import { cpSync, existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { FOLDERS, NAMES } from './addresses.ts';
import { run } from './daemons.ts';
import { readDockerfile } from './dockerfile.ts';
import { type Image, type ImageConfig, writeArchive } from './oci-archive.ts';
import { addCommands, addPackage, addProgram, makeRoot } from './root-folders.ts';

export const IMAGE_TAG = 'dev';
export const PAUSE_IMAGE = imageName('pause');
export const TOOLS_IMAGE = imageName('tools');
export const REDIS_IMAGE = imageName('redis');
/** `@modelcontextprotocol/server-everything`: port 3001, on all addresses. */
export const EVERYTHING_IMAGE = imageName('everything');

/** Each has a Dockerfile in its folder. */
const PROGRAMS = ['sidecar', 'operator', 'console'] as const;

const COMMANDS = ['sh', 'cat', 'ls', 'sleep', 'wget', 'nc', 'nslookup', 'ps', 'kill', 'env', 'id'];
const WORK = join(FOLDERS.root, 'images');

/** Writes them into one archive and gives its path. */
export async function makeImages(): Promise<string> {
  rmSync(WORK, { recursive: true, force: true });
  mkdirSync(WORK, { recursive: true });
  const archive = join(WORK, 'images.tar');
  await writeArchive(archive, [...toolImages(), ...nodeImages()]);
  return archive;
}

export function imageName(program: string): string {
  return `${NAMES.images}/gatehouse-${program}:${IMAGE_TAG}`;
}

function toolImages(): readonly Image[] {
  const tools = rootFolder('tools', (folder) => {
    addProgram(folder, pathOf('busybox'), 'usr/bin/busybox');
    addCommands(folder, 'usr/bin/busybox', COMMANDS);
    addProgram(folder, pathOf('nft'), 'usr/sbin/nft');
    // By which it knows what icmp is.
    cpSync('/etc/protocols', join(folder, 'etc/protocols'));
  });
  const redis = rootFolder('redis', (folder) => {
    for (const name of ['redis-server', 'redis-cli']) {
      addProgram(folder, pathOf(name), `usr/bin/${name}`);
    }
  });
  return [
    image(PAUSE_IMAGE, [tools], { Entrypoint: ['/usr/bin/busybox', 'sleep', 'infinity'] }),
    image(TOOLS_IMAGE, [tools], { Entrypoint: ['/usr/bin/sh'] }),
    image(REDIS_IMAGE, [redis], { Entrypoint: ['/usr/bin/redis-server'], User: '65532:65532' }),
  ];
}

function nodeImages(): readonly Image[] {
  const node = rootFolder('node', (folder) => {
    addProgram(folder, process.execPath, 'usr/bin/node');
  });
  const gatehouse = PROGRAMS.flatMap((program) => ownImage(program, node));
  const server = '@modelcontextprotocol/server-everything';
  const everything = image(
    EVERYTHING_IMAGE,
    [node, layerFolder('everything', (folder) => addPackage(folder, server))],
    {
      Entrypoint: ['node', `/node_modules/${server}/dist/index.js`, 'streamableHttp'],
      User: '65532:65532',
    },
  );
  return [...gatehouse, everything];
}

/** On a base of this machine's Node.js; none while the program is not built. */
function ownImage(program: string, node: string): readonly Image[] {
  const { copies, config } = readDockerfile(program);
  if (!copies.every(({ from }) => existsSync(from))) return [];
  const layer = layerFolder(program, (folder) => {
    for (const { from, to } of copies) cpSync(from, join(folder, to), { recursive: true });
  });
  return [{ name: imageName(program), layers: [node, layer], config }];
}

function rootFolder(name: string, fill: (folder: string) => void): string {
  return layerFolder(name, (folder) => {
    makeRoot(folder);
    fill(folder);
  });
}

function layerFolder(name: string, fill: (folder: string) => void): string {
  const folder = join(WORK, name);
  mkdirSync(folder);
  fill(folder);
  return folder;
}

function image(name: string, layers: readonly string[], config: ImageConfig): Image {
  return { name, layers, config: { Env: ['PATH=/usr/sbin:/usr/bin'], WorkingDir: '/', ...config } };
}

function pathOf(program: string): string {
  return run('sh', '-c', `PATH="$PATH:/usr/sbin:/sbin" command -v ${program}`).trim();
}
