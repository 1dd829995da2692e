// The commands that people copy out of the guides, run exactly as they are written there, in a folder with the
// files that the guide asks for.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import type { Said } from './cluster.ts';

/** Lines of shell under a heading, indented or between fences, without what is said of them at their end. */
export function commandsUnder(document: string, heading: string): readonly string[] {
  const all = readFileSync(document, 'utf8');
  const section = all.split(/^## /m).find((part) => part.startsWith(`${heading}\n`));
  if (section === undefined) throw new Error(`${document} has no section ${heading}`);
  const fenced = [...section.matchAll(/^```sh\n(.*?)^```/gms)].map(([, block = '']) => block);
  const indented = [...section.matchAll(/^ {4}(\S.*)$/gm)].map(([, line = '']) => line);
  return [...fenced.flatMap((block) => block.split('\n')), ...indented]
    .map((line) => line.replace(/\s{2,}# .*$/, '').trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
}

/** Of several: the one with this in it. */
export function commandWith(commands: readonly string[], words: string): string {
  const found = commands.filter((command) => command.includes(words));
  if (found.length !== 1) throw new Error(`${found.length} commands of the guide say ${words}`);
  return found[0] ?? '';
}

export interface Desk {
  /** As somebody in a checkout, with `gatehouse` on PATH. */
  run(command: string): Promise<Said>;
  /** Throws with all that it said when it fails. */
  mustRun(command: string): Promise<string>;
  close(): Promise<void>;
}

/** `files` by name; the charts are there as in a checkout. */
export async function openDesk(files: Readonly<Record<string, string>>): Promise<Desk> {
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-desk-'));
  await symlink(resolve('charts'), join(folder, 'charts'));
  for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content);
  const run = (command: string) => runShell(command, folder);
  return {
    run,
    mustRun: async (command) => {
      const { code, out, problem } = await run(command);
      if (code !== 0) throw new Error(`${command}\nended with ${code}: ${out}${problem}`);
      return out;
    },
    close: () => rm(folder, { recursive: true }),
  };
}

async function runShell(command: string, cwd: string): Promise<Said> {
  const env = { ...process.env, PATH: `${resolve('bin')}:${process.env.PATH}` };
  const child = spawn('sh', ['-c', command], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const closed = once(child, 'close');
  const [out, problem] = await Promise.all([text(child.stdout), text(child.stderr)]);
  const [code] = await closed;
  return { code, out, problem };
}
