// `gatehouse evidence verify`: says whether evidence is what a gateway wrote, all of it, and by whose
// word. Reads only; needs no gateway, no network and no secret.

import { unreadable, type Verification, verifyEvidence } from '#core/evidence/verify.ts';
import { openEvidence } from '#platform/file/evidence-source.ts';
import { readTrustedKeys, TrustKeyFault } from '#platform/file/trust-key.ts';
import type { Command, CommandIo } from './command.ts';
import { asideText, reportText } from './evidence-report.ts';
import { onOff, text } from './flag-kinds.ts';
import { parseFlags } from './flags.ts';

const EXIT_CODES = { verified: 0, tampered: 1, inconclusive: 2 } as const;

const USAGE = `Usage: gatehouse evidence verify DIR [--trust FILE] [--json]

Checks the evidence in DIR, the directory given to "gatehouse run" as --data. A gateway may be
writing to it meanwhile.

  --trust FILE  Public half of the trust key (gatehouse-trust.pub), kept outside DIR. Checkpoints
                that lie beside it are held against DIR as well. Without it the signer and the
                completeness are not established, and the verdict is never "verified".
  --json        Print one JSON object: verdict, lanes, records, intents, outcomes, dangling, problems.
                Notes, and how many recordings are there, then go to stderr.

Exit code: 0 verified, 1 tampered, 2 cannot tell.
`;

export const evidenceVerify: Command = {
  name: 'evidence verify',
  summary: 'Check that evidence is complete and unchanged',
  usage: USAGE,
  async run(args, io) {
    const table = { trust: text, json: onOff };
    const operand = { name: 'DIR', atLeast: 1, atMost: 1 };
    const { flags, operands } = parseFlags(table, args, io.env, operand);
    const [directory = ''] = operands;
    const verification = await verifyDirectory(directory, flags.trust);
    print(directory, verification, flags.json, io);
    return EXIT_CODES[verification.verdict];
  },
};

/** What cannot be read is an answer too: nothing can be told. */
async function verifyDirectory(
  directory: string,
  trustFile: string | undefined,
): Promise<Verification> {
  try {
    const trust = trustFile === undefined ? undefined : await readTrustedKeys(trustFile);
    return await verifyEvidence(await openEvidence(directory, trustFile), trust);
  } catch (error) {
    if (error instanceof TrustKeyFault) {
      return unreadable(error.message);
    }
    if (error instanceof Error && 'code' in error && 'syscall' in error) {
      return unreadable(
        `${directory}: cannot be read (${String(error.code)}); name the directory given to "gatehouse run" as --data`,
      );
    }
    throw error;
  }
}

function print(directory: string, verification: Verification, asJson: boolean, io: CommandIo) {
  if (!asJson) return io.stdout(reportText(directory, verification));
  // The shape is public, and so are its members: what else there is to say stands beside it.
  const { notes, recordings, ...shape } = verification;
  io.stdout(`${JSON.stringify(shape, null, 2)}\n`);
  io.stderr(asideText(verification));
}
