// Checkpoints for gateways that hold no trust key: whoever holds it says, again and again, how far their logs
// have come, so that a tail cut off and a lane deleted are found as everywhere else.

import { eachInTurn } from '#core/each-in-turn.ts';
import { sealCheckpoint } from '#core/evidence/checkpoint.ts';
import type { LaneTrust } from '#core/evidence/open-lane.ts';
import { NO_HASH } from '#core/evidence/signature.ts';
import type { RedisClient } from './client.ts';
import { logNames } from './evidence-source.ts';
import { logKeys, type Namespace } from './keys.ts';
import { lastCheckpoint, newestLane } from './log-state.ts';
import { loadScript, runScript } from './script.ts';

export interface EntrustedLogs {
  readonly client: RedisClient;
  readonly namespace: Namespace;
  readonly trust: LaneTrust;
  /** RFC 3339 in UTC with microseconds. */
  readonly now: () => string;
}

const CHECKPOINT = loadScript('checkpoint');

/** Only what has grown; tells how many were written. A log that is not whole gets none, and the verifier says why. */
export async function checkpointEntrustedLogs(logs: EntrustedLogs): Promise<number> {
  let written = 0;
  await eachInTurn(await logNames(logs.client, logs.namespace), async (log) => {
    if (await checkpointLog(log, logs)) written += 1;
  });
  return written;
}

async function checkpointLog(
  log: string,
  { client, namespace, trust, now }: EntrustedLogs,
): Promise<boolean> {
  const keys = logKeys(namespace, log);
  const lane = await newestLane(keys, client);
  if (lane === undefined || lane.trust !== '') return false;
  const last = await lastCheckpoint(keys, client);
  if (last?.checkpoint.lane === lane.lane && last.checkpoint.seq >= lane.seq) return false;
  const { link = { n: 0, hash: NO_HASH } } = last ?? {};
  const { line } = sealCheckpoint(
    {
      v: 1,
      n: link.n + 1,
      prev: link.hash,
      ts: now(),
      log,
      lane: lane.lane,
      ordinal: lane.ordinal,
      seq: lane.seq,
      head: lane.hash,
      records: lane.opening.recordsBefore + lane.seq,
      key: trust.id,
    },
    trust.signer,
  );
  // Refused when the gateway began another lane meanwhile: that one is looked at the next time.
  const arguments_ = [lane.name, link.n + 1, line];
  const answer = await runScript(client, CHECKPOINT, [keys.head, keys.checkpoints], arguments_);
  return Array.isArray(answer) && answer[0] === 'OK';
}
