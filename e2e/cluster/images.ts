// The images of the test cluster: Gatehouse's own four as their Dockerfiles make them, a shell, Redis, a server
// that is not ours, and one of the modern era that keeps a journal.

import { cpSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { FOLDERS, NAMES } from './addresses.ts';
import { run } from './daemons.ts';
import { readDockerfile, readToolsDockerfile } from './dockerfile.ts';
import { type Image, type ImageConfig, writeArchive } from './oci-archive.ts';
import { addCommands, addPackage, addProgram, makeRoot } from './root-folders.ts';

export const IMAGE_TAG = 'dev';
/** The same under another name, as a next release is. */
export const NEXT_TAG = 'next';
export const PAUSE_IMAGE = imageName('pause');
/** A few commands of busybox. */
export const SHELL_IMAGE = imageName('shell');
export const REDIS_IMAGE = imageName('redis');
/** `@modelcontextprotocol/server-everything`: port 3001, on all addresses. */
export const EVERYTHING_IMAGE = imageName('everything');
/** `e2e/servers/modern-fixture.ts`, on port 3001 of loopback. */
export const MODERN_IMAGE = imageName('modern');

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

export function imageName(program: string, tag: string = IMAGE_TAG): string {
  return `${NAMES.images}/gatehouse-${program}:${tag}`;
}

function toolImages(): readonly Image[] {
  const shell = rootFolder('shell', (folder) => {
    addProgram(folder, pathOf('busybox'), 'usr/bin/busybox');
    addCommands(folder, 'usr/bin/busybox', COMMANDS);
  });
  const tools = layerFolder('tools', (folder) => {
    run('sh', 'operator/tools/collect.sh', folder);
  });
  const redis = rootFolder('redis', (folder) => {
    for (const name of ['redis-server', 'redis-cli']) {
      addProgram(folder, pathOf(name), `usr/bin/${name}`);
    }
  });
  return [
    image(PAUSE_IMAGE, [shell], { Entrypoint: ['/usr/bin/busybox', 'sleep', 'infinity'] }),
    image(SHELL_IMAGE, [shell], { Entrypoint: ['/usr/bin/sh'] }),
    ...ownImages('tools', [tools], readToolsDockerfile()),
    image(REDIS_IMAGE, [redis], { Entrypoint: ['/usr/bin/redis-server'], User: '65532:65532' }),
  ];
}

function nodeImages(): readonly Image[] {
  const node = rootFolder('node', (folder) => {
    addProgram(folder, process.execPath, 'usr/bin/node');
  });
  const gatehouse = PROGRAMS.flatMap((program) => builtImages(program, node));
  const server = '@modelcontextprotocol/server-everything';
  const everything = image(
    EVERYTHING_IMAGE,
    [node, layerFolder('everything', (folder) => addPackage(folder, server))],
    {
      Entrypoint: ['node', `/node_modules/${server}/dist/index.js`, 'streamableHttp'],
      User: '65532:65532',
    },
  );
  const modern = image(MODERN_IMAGE, [node, layerFolder('modern', addModernServer)], {
    Entrypoint: ['node', '/server.mjs', '--port', '3001', '--any-host'],
    User: '65532:65532',
  });
  return [...gatehouse, everything, modern];
}

function addModernServer(folder: string): void {
  const bundle = ['--bundle', '--platform=node', '--format=esm', '--log-level=warning'];
  const entry = 'e2e/servers/modern-fixture.ts';
  run('node_modules/.bin/esbuild', entry, ...bundle, `--outfile=${join(folder, 'server.mjs')}`);
}

/** On a base of this machine's Node.js. */
function builtImages(program: string, node: string): readonly Image[] {
  const { copies, config } = readDockerfile(program);
  const layer = layerFolder(program, (folder) => {
    for (const { from, to } of copies) cpSync(from, join(folder, to), { recursive: true });
  });
  return ownImages(program, [node, layer], config);
}

function ownImages(
  program: string,
  layers: readonly string[],
  config: ImageConfig,
): readonly Image[] {
  return [IMAGE_TAG, NEXT_TAG].map((tag) => ({ name: imageName(program, tag), layers, config }));
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
