// The sessions of all gateways of a namespace, also while they write.

import { indexSessions } from '#core/evidence/index-sessions.ts';
import { type RecordedSessions, recordingReader } from '#core/recordings/recorded-messages.ts';
import type { RedisClient } from './client.ts';
import { findRedisBlobs, openRedisEvidence } from './evidence-source.ts';
import type { Namespace } from './keys.ts';

/** Each reading rejects with the client's error when Redis cannot be read. */
export function redisSessions(client: RedisClient, namespace: Namespace): RecordedSessions {
  return {
    sessions: async (isWanted) => {
      const logs = await openRedisEvidence(client, namespace, undefined);
      return indexSessions(
        logs.map(({ source }) => source),
        isWanted,
      );
    },
    recordings: async (wanted, opener) =>
      recordingReader(await findRedisBlobs(client, namespace, wanted), opener),
  };
}
