// Load by wrk, pinned away from what it measures: one POST over and over, closed loop.

import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import * as z from 'zod';

export interface Load {
  readonly url: string;
  readonly connections: number;
  readonly seconds: number;
}

const Figures = z.object({
  requests: z.number(),
  /** Answers other than 2xx and socket errors, together. */
  errors: z.number(),
  p50Micros: z.number(),
  p99Micros: z.number(),
  requestsPerSecond: z.number(),
});
export type Figures = z.infer<typeof Figures>;

const run = promisify(execFile);

/** Writes the script that makes wrk send this request and print its figures as JSON. */
export async function writeScript(
  file: string,
  request: { readonly headers: Readonly<Record<string, string>>; readonly body: string },
): Promise<void> {
  const headers = Object.entries(request.headers).map(
    ([name, value]) => `wrk.headers[${quote(name)}] = ${quote(value)}`,
  );
  const lines = [
    'wrk.method = "POST"',
    `wrk.body = ${quote(request.body)}`,
    ...headers,
    'done = function(summary, latency)',
    '  local e = summary.errors',
    '  io.write(string.format(\'\\nfigures {"requests":%d,"errors":%d,"p50Micros":%d,\' ..',
    '    \'"p99Micros":%d,"requestsPerSecond":%.1f}\\n\', summary.requests,',
    '    e.connect + e.read + e.write + e.status + e.timeout, latency:percentile(50),',
    '    latency:percentile(99), summary.requests / (summary.duration / 1000000)))',
    'end',
  ];
  await writeFile(file, `${lines.join('\n')}\n`);
}

export async function load(script: string, core: number, what: Load): Promise<Figures> {
  const { url, connections, seconds } = what;
  const pinned = ['-c', String(core), 'wrk', '-t1', `-c${connections}`, `-d${seconds}s`];
  const { stdout } = await run('taskset', [...pinned, '--timeout', '10s', '-s', script, url]);
  const line = stdout.match(/^figures (.*)$/m)?.[1];
  if (line === undefined) throw new Error(`wrk printed no figures:\n${stdout}`);
  return Figures.parse(JSON.parse(line));
}

/** A Lua string literal; JSON's escapes for quote, backslash and line feed are Lua's too. */
function quote(text: string): string {
  return JSON.stringify(text);
}
