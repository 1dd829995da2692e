// `gatehouse evidence archive`: takes the evidence of gateways out of Redis into a folder, verified, and then makes room
// there. What cannot be verified stays, and is said.

import { setTimeout as delay } from 'node:timers/promises';
import { Archiver, type Round } from '#core/evidence/archiver.ts';
import { anchorFile, archiveAnchorFile, readAnchor, writeAnchor } from '#platform/file/anchors.ts';
import { FileArchive } from '#platform/file/archive.ts';
import { ArchiveFault } from '#platform/file/archive-fault.ts';
import { loadTrustKey, readTrustedKeys, TrustKeyFault } from '#platform/file/trust-key.ts';
import { createClock } from '#platform/process/clock.ts';
import { createLogger, type Logger } from '#platform/process/log.ts';
import { VERSION } from '#platform/process/version.ts';
import { redisArchiveLogs } from '#platform/redis/archive-logs.ts';
import { codeOf, connectRedis } from '#platform/redis/client.ts';
import { RedisFault } from '#platform/redis/fault.ts';
import type { RedisSettings } from '#platform/redis/settings.ts';
import { type Command, type CommandIo, UsageError } from './command.ts';
import { integer, onOff, required, text, withDefault } from './flag-kinds.ts';
import { parseFlags } from './flags.ts';
import { REDIS_FLAGS, REDIS_USAGE, redisSettings, WAIT_FLAG } from './redis-flags.ts';

const EXIT = { done: 0, unverifiable: 1, failed: 74, config: 78 } as const;

const FLAGS = {
  ...REDIS_FLAGS,
  ...WAIT_FLAG,
  to: required(text),
  trustKey: withDefault(text, 'gatehouse-trust.pub'),
  once: onOff,
  everySeconds: withDefault(integer(1, 86_400), 60),
  keepHours: withDefault(integer(0, 8760), 24),
};

const USAGE = `Usage: gatehouse evidence archive --redis URL --to DIR [--trust-key FILE] [--once | --every-seconds N]

Takes evidence out of Redis into DIR, verified with the trust key, and then makes room in Redis. Only
what is durable in DIR and under a signed checkpoint is cut off, and the trust key signs where. What
does not verify stays in Redis and is said. Runs until it is stopped; stopped or killed anywhere, the
next one goes on from there. Verify with "gatehouse evidence verify DIR", or Redis with --archive DIR.

  --to DIR               the archive, made when it is not there; one archiver writes it at a time
  --trust-key FILE       as given to "gatehouse run": both halves must be there (./gatehouse-trust.pub)
  --once                 one round; exit code 0 done, 1 something did not verify, 74 something failed
  --every-seconds N      how often to look (60)
  --keep-hours N         how long Redis keeps what is archived too, while it has room (24); above 70 % of
                         maxmemory it keeps nothing that is archived
${REDIS_USAGE}  --redis-wait-replicas N  as given to "gatehouse run" (0)
`;

export const evidenceArchive: Command = {
  name: 'evidence archive',
  summary: 'Take evidence out of Redis into a folder, verified, and make room there',
  usage: USAGE,
  async run(args, io) {
    const { flags } = parseFlags(FLAGS, args, io.env);
    const redis = await redisSettings(flags);
    if (redis === undefined) throw new UsageError('--redis (or GATEHOUSE_REDIS) is missing');
    const clock = createClock();
    const now = () => clock.timestamp();
    const log = createLogger({ level: 'info', write: io.stderr, now });
    try {
      return await archive({ ...flags, redis, now, log, stop: io.stop });
    } catch (error) {
      if (!isStartFault(error)) throw error;
      io.stderr(`gatehouse: ${error.message}\n`);
      return EXIT.config;
    } finally {
      log.flush();
    }
  },
};

interface Archiving {
  readonly redis: RedisSettings;
  readonly to: string;
  readonly trustKey: string;
  readonly once: boolean;
  readonly everySeconds: number;
  readonly keepHours: number;
  readonly now: () => string;
  readonly log: Logger;
  readonly stop: CommandIo['stop'];
}

async function archive(given: Archiving): Promise<number> {
  const { redis, to, trustKey: file, now, log } = given;
  // Read first: a new key made here would be one that no gateway has.
  const trusted = await readTrustedKeys(file);
  const trust = await loadTrustKey(file, to);
  const cold = await FileArchive.open(to);
  try {
    const { target, namespace, ca, waitReplicas } = redis;
    const named = { name: 'gatehouse-archive', ...(ca === undefined ? {} : { ca }) };
    const client = await connectRedis(target, named);
    try {
      const anchors = {
        read: async (name: string) => (await readAnchor(anchorFile(file, name)))?.text,
        write: (name: string, line: string) => writeAnchor(anchorFile(file, name), line),
      };
      const checkpoints = { trust, anchors };
      const writing = { client, namespace, checkpoints, version: VERSION, now, waitReplicas };
      const archiver = new Archiver({
        ...{ hot: redisArchiveLogs(writing), cold, trust, trusted, now },
        anchor: (line, name) => writeAnchor(archiveAnchorFile(file, name), line),
        keepMillis: given.keepHours * 3_600_000,
      });
      return await repeat(archiver, given, log);
    } finally {
      client.disconnect();
    }
  } finally {
    await cold.close();
  }
}

async function repeat(
  archiver: Archiver,
  { once, everySeconds, stop }: Archiving,
  log: Logger,
): Promise<number> {
  for (;;) {
    const code = await oneRound(archiver, log);
    if (once) return code;
    await delay(everySeconds * 1000, undefined, { signal: stop }).catch(() => {});
    if (stop.aborted) return EXIT.done;
  }
}

async function oneRound(archiver: Archiver, log: Logger): Promise<number> {
  try {
    return tell(await archiver.round(), log);
  } catch (error) {
    log.error('evidence cannot be archived now', { reason: reasonOf(error) });
    return EXIT.failed;
  }
}

function tell({ logs, sealed }: Round, log: Logger): number {
  let code: number = EXIT.done;
  for (const each of logs) {
    if (each.kind === 'archived') {
      const { records, end } = each;
      if (records > 0)
        log.info('evidence archived', { log: each.log, records, checkpoint: end?.n });
    } else if (each.kind === 'failed') {
      log.error('evidence cannot be archived now', {
        log: each.log,
        reason: reasonOf(each.error),
      });
      code = code === EXIT.unverifiable ? code : EXIT.failed;
    } else {
      const found = each.problems.map((problem) => `${problem.code}: ${problem.message}`);
      log.error('evidence does not verify and stays in Redis', { log: each.log, found });
      code = EXIT.unverifiable;
    }
  }
  if (sealed > 0) log.info('lanes of gateways that are gone sealed', { lanes: sealed });
  return code;
}

function reasonOf(error: unknown): string {
  return isStartFault(error) ? error.message : codeOf(error);
}

/** Their messages name what is wrong and what to do, and hold no value. */
function isStartFault(error: unknown): error is Error {
  const kinds = [ArchiveFault, TrustKeyFault, RedisFault];
  return kinds.some((Kind) => error instanceof Kind);
}
