// Runs bin/gatehouse itself, in this repository and in small installations made for the test: which
// Node.js it takes, from where it can be called, and what it says when it cannot start.

import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { VERSION } from '#platform/process/version.ts';

const LAUNCHER = fileURLToPath(new URL('../bin/gatehouse', import.meta.url));
const SYSTEM_PATH = '/usr/bin:/bin';
const NODE_PATH = `${dirname(process.execPath)}:${SYSTEM_PATH}`;

describe('bin/gatehouse', () => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'gatehouse launcher '));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  /** An installation with the launcher and the given files; returns the path of its launcher. */
  function install(files: Readonly<Record<string, string>>): string {
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), text, { mode: 0o755 });
    }
    mkdirSync(join(folder, 'bin'), { recursive: true });
    copyFileSync(LAUNCHER, join(folder, 'bin/gatehouse'));
    return join(folder, 'bin/gatehouse');
  }

  function run(command: string, args: readonly string[], path: string, cwd = '/') {
    const options = { env: { PATH: path }, cwd, encoding: 'utf8' } as const;
    const { status, stdout, stderr } = spawnSync(command, args, options);
    return { status, stdout, stderr };
  }

  it('starts from any directory and through links to links', () => {
    symlinkSync(LAUNCHER, join(folder, 'first'));
    symlinkSync('first', join(folder, 'second link'));

    const { status, stdout } = run('./second link', ['--version'], NODE_PATH, folder);

    expect(status).to.equal(0);
    expect(stdout).to.equal(`gatehouse ${VERSION}\n`);
  });

  it('passes arguments as they are, and the exit code back', () => {
    const program = 'console.log(JSON.stringify(process.argv.slice(2))); process.exit(3);';
    const launcher = install({ 'dist/gatehouse.mjs': program });

    const { status, stdout } = run(launcher, ['a b', '', '*', "it's"], NODE_PATH);

    expect(status).to.equal(3);
    expect(JSON.parse(stdout)).to.deep.equal(['a b', '', '*', "it's"]);
  });

  it('becomes the program, so that signals reach it', async () => {
    const program = `
      process.on('SIGTERM', () => process.exit(7));
      setInterval(() => {}, 1000);
      console.log(process.pid);
    `;
    const launcher = install({ 'dist/gatehouse.mjs': program });
    const child = spawn(launcher, { env: { PATH: NODE_PATH } });

    const [printed] = await once(child.stdout, 'data');
    child.kill('SIGTERM');
    const [code] = await once(child, 'exit');

    expect(Number(printed)).to.equal(child.pid);
    expect(code).to.equal(7);
  });

  it('takes its own Node.js before the one on PATH', () => {
    const launcher = install({
      'dist/gatehouse.mjs': '',
      'node_modules/.bin/node': '#!/bin/sh\n[ "$1" = --version ] && echo v24.1.0 || echo own\n',
    });

    const { status, stdout } = run(launcher, [], NODE_PATH);

    expect(status).to.equal(0);
    expect(stdout).to.equal('own\n');
  });

  it('passes over a Node.js that is broken or too old', () => {
    const launcher = install({
      'dist/gatehouse.mjs': 'console.log("ran")',
      'node_modules/.bin/node': '#!/bin/sh\necho v20.20.2\n',
      'node_modules/node/bin/node': 'not a program',
    });

    const { status, stdout } = run(launcher, [], NODE_PATH);

    expect(status).to.equal(0);
    expect(stdout).to.equal('ran\n');
  });

  it('says what to run when there is no Node.js that can run it', () => {
    const launcher = install({
      'dist/gatehouse.mjs': '',
      'old/node': '#!/bin/sh\necho v20.20.2\n',
    });

    const { status, stderr } = run(launcher, [], `${join(folder, 'old')}:${SYSTEM_PATH}`);

    expect(status).to.equal(69);
    expect(stderr).to.include('needs Node.js 24 or newer');
    expect(stderr).to.include(`(cd '${folder}' && npm ci)`);
  });

  it('says what to run when the dependencies are missing', () => {
    const launcher = install({ 'cli/main.ts': '' });

    const { status, stderr } = run(launcher, [], NODE_PATH);

    expect(status).to.equal(69);
    expect(stderr).to.include(`Run: (cd '${folder}' && npm ci)`);
  });

  it('says so when half of it is missing', () => {
    const launcher = install({});

    const { status, stderr } = run(launcher, [], NODE_PATH);

    expect(status).to.equal(69);
    expect(stderr).to.include('is not a whole installation');
  });
});
