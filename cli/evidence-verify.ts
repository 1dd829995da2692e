// `gatehouse evidence verify`: says whether evidence is what a gateway wrote, all of it, and by whose
// word. Reads only; needs no gateway, no network and no secret.

import { unreadable, type Verification, verifyLogs } from '#core/evidence/verify.ts';
import { ArchiveFault } from '#platform/file/archive-fault.ts';
import { readTrustedKeys, TrustKeyFault } from '#platform/file/trust-key.ts';
import { codeOf, placesOf } from '#platform/redis/client.ts';
import { isRedisUrl } from '#platform/redis/target.ts';
import { type Command, type CommandIo, UsageError } from './command.ts';
import {
  type EvidencePlace,
  type PlaceFlags,
  placeOf,
  requiredPlace,
  withLogs,
} from './evidence-place.ts';
import { asideText, reportText } from './evidence-report.ts';
import { onOff, text } from './flag-kinds.ts';
import { parseFlags } from './flags.ts';
import { printableJson } from './printable.ts';
import { REDIS_FLAGS, readTarget } from './redis-flags.ts';

const EXIT_CODES = { verified: 0, tampered: 1, inconclusive: 2 } as const;

const USAGE = `Usage: gatehouse evidence verify DIR | redis://HOST:PORT [--archive DIR] [--trust FILE] [--json]

Checks the evidence in DIR: what was given to "gatehouse run" as --data, or to "gatehouse evidence
archive" as --to. Either may be writing to it meanwhile.

  --trust FILE  Public half of the trust key (gatehouse-trust.pub), kept outside DIR. Checkpoints
                that lie beside it are held against DIR as well. Without it the signer and the
                completeness are not established, and the verdict is never "verified".
  --redis URL, --redis-namespace NAME, --redis-ca FILE
                As given to "gatehouse run"; all gateways of the namespace are checked together.
  --archive DIR Where "gatehouse evidence archive" put what it cut off in Redis: checked as one with it.
  --json        Print one JSON object: verdict, lanes, records, intents, outcomes, dangling, problems.
                Notes, and how many recordings are there, then go to stderr.

Exit code: 0 verified, 1 tampered, 2 cannot tell.
`;

export const evidenceVerify: Command = {
  name: 'evidence verify',
  summary: 'Check that evidence is complete and unchanged',
  usage: USAGE,
  async run(args, io) {
    const table = { ...REDIS_FLAGS, archive: text, trust: text, json: onOff };
    const operand = { name: 'DIR', atLeast: 0, atMost: 1 };
    const { flags, operands } = parseFlags(table, args, io.env, operand);
    const place = placeNamed(operands[0], flags);
    const name = place.kind === 'folder' ? place.directory : `Redis at ${placesOf(place.target)}`;
    const verification = await verifyPlace(place, name, flags.trust);
    print(name, verification, flags.json, io);
    return EXIT_CODES[verification.verdict];
  },
};

/** An argument counts for more than a flag, which may stand in the environment for other commands. */
function placeNamed(operand: string | undefined, flags: PlaceFlags): EvidencePlace {
  if (operand === undefined) {
    const place = placeOf(flags);
    if (place !== undefined) return place;
    throw new UsageError('DIR is missing; name the directory given to "gatehouse run", or --redis');
  }
  return isRedisUrl(operand)
    ? requiredPlace({ ...flags, redis: readTarget(operand, 'DIR') })
    : folderPlace(operand, flags);
}

function folderPlace(directory: string, { archive }: PlaceFlags): EvidencePlace {
  if (archive === undefined) return { kind: 'folder', directory };
  throw new UsageError('--archive goes with a Redis; an archive alone is named as DIR');
}

/** What cannot be read is an answer too: nothing can be told. */
async function verifyPlace(
  place: EvidencePlace,
  name: string,
  trustFile: string | undefined,
): Promise<Verification> {
  try {
    const trust = trustFile === undefined ? undefined : await readTrustedKeys(trustFile);
    return await withLogs(place, trustFile, (logs) => verifyLogs(logs, trust));
  } catch (error) {
    if (error instanceof TrustKeyFault || error instanceof ArchiveFault) {
      return unreadable(error.message);
    }
    if (error instanceof Error && 'code' in error && 'syscall' in error) {
      return unreadable(
        `${name}: cannot be read (${String(error.code)}); name the directory given to "gatehouse run" as --data`,
      );
    }
    if (place.kind === 'redis' && !(error instanceof UsageError)) {
      return unreadable(`${name}: cannot be read to its end (${codeOf(error)}); see docs/redis.md`);
    }
    throw error;
  }
}

function print(directory: string, verification: Verification, asJson: boolean, io: CommandIo) {
  if (!asJson) return io.stdout(reportText(directory, verification));
  // The shape is public, and so are its members: what else there is to say stands beside it.
  const { notes, recordings, ...shape } = verification;
  io.stdout(printableJson(shape, 2));
  io.stderr(asideText(verification));
}
