// Reads recordings back the way their readers do: through `gatehouse sessions show`, with the private
// recording key.

import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { RecordedPayload } from '#core/evidence/record.ts';
import type { CliResult } from '#e2e/demo/cli.ts';
import type { Running } from '#e2e/servers/run-fixture.ts';
import type { Rig } from './rig.ts';

export interface ShownMessage {
  readonly kind: string;
  readonly why?: string;
  readonly text?: string;
  readonly salt?: string;
}

/** One line of a timeline, as far as these tests look. */
export interface ShownEntry {
  readonly type: string;
  readonly direction?: string;
  readonly method?: string;
  readonly target?: string;
  readonly outcome: string;
  readonly payload?: RecordedPayload;
  readonly answerPayload?: RecordedPayload;
  readonly message?: ShownMessage;
  readonly answer?: ShownMessage;
}

export function recordingKeyOf(rig: Rig<Running>): string {
  return rig.gatehouse.trustKey.replace(/\.pub$/, '.recording.key');
}

/** The timeline of everything that `subject` did. */
export async function timelineOf(
  rig: Rig<Running>,
  subject = 'alice',
  key = recordingKeyOf(rig),
): Promise<readonly ShownEntry[]> {
  const entries: ShownEntry[] = [];
  for (const id of await sessionsOf(rig, subject)) {
    const { stdout, stderr } = await show(rig, id, '--recording-key', key, '--json');
    if (stdout === '') throw new Error(stderr);
    entries.push(...JSON.parse(stdout).timeline);
  }
  return entries;
}

export function show(
  rig: Rig<Running>,
  id: string,
  ...flags: readonly string[]
): Promise<CliResult> {
  return rig.cli('sessions', 'show', id, '--data', rig.data, ...flags);
}

export async function sessionsOf(rig: Rig<Running>, subject = 'alice'): Promise<readonly string[]> {
  const { stdout } = await rig.cli('sessions', 'list', '--data', rig.data, '--json');
  const sessions: readonly { id: string; principal?: { subject: string } }[] = JSON.parse(stdout);
  return sessions.filter(({ principal }) => principal?.subject === subject).map(({ id }) => id);
}

/** The file of the newest lane's recordings; it appears with the first of them. */
export async function blobFile(rig: Rig<Running>): Promise<string> {
  const folder = join(rig.data, 'recordings');
  const [last = ''] = (await readdir(folder)).toSorted().reverse();
  return join(folder, last);
}
