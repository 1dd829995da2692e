// `gatehouse approvals`: list, show and decide what waits, at a running gateway and as oneself.

import { APPROVAL_STATES } from '#core/approvals/approval.ts';
import { type Act, OPENING_ACTS } from '#core/approvals/desk.ts';
import {
  type ApprovalsAddress,
  type Asking,
  approvalIn,
  approvalsIn,
  askGateway,
  type Told,
} from './approvals-client.ts';
import { approvalsText, approvalText, decidedText } from './approvals-text.ts';
import { type Command, type CommandIo, UsageError } from './command.ts';
import { integer, onOff, required, text, texts, url } from './flag-kinds.ts';
import { parseFlags } from './flags.ts';
import { printable, printableJson } from './printable.ts';

/** The gateway heard it and said no. */
const EXIT_REFUSED = 1;
/** The gateway could not be asked, or could not decide. */
const EXIT_UNANSWERED = 2;

export const AT = { url: required(url), tokenFile: required(text), json: onOff };
export const ID = { name: 'ID', atLeast: 1, atMost: 1 };

export const COMMON = `  --url URL          Admin address of the gateway, such as http://127.0.0.1:9090, or a namespace of a console, such as
                     https://gatehouse.example/api/namespaces/payments. Plain http on loopback only.
  --token-file FILE  Your token for spec.identity.approvalAudience: yours, from a sign-in within the last
                     15 minutes (max_age=900), for no MCP server. It is sent and never printed.
  --json             Print JSON, as docs/openapi/approvals.yaml describes it.

Exit code: 0 done; 1 the gateway said no; 2 it could not be asked; 64 the command line is wrong.
`;

const SEEN = `  --seen DIGEST      The digest that "gatehouse approvals show" printed: nothing else goes on, should somebody have changed
                     the request in the store since.
`;

export const approvalsList: Command = {
  name: 'approvals list',
  summary: 'List what waits for a decision of yours, or what you asked for',
  usage: `gatehouse approvals list --url URL --token-file FILE [--state STATE]... [--limit N] [--json]

  --state STATE      Only ${APPROVAL_STATES.join(', ')}; repeatable.
  --limit N          The newest N, up to 1000 (100).
${COMMON}`,
  async run(args, io) {
    const table = { ...AT, state: texts, limit: integer(1, 1000) };
    const { flags } = parseFlags(table, args, io.env);
    const query = new URLSearchParams();
    for (const state of flags.state) query.append('state', readState(state));
    if (flags.limit !== undefined) query.set('limit', String(flags.limit));
    const told = await askGateway(flags, { method: 'GET', path: `approvals?${query}` });
    if (told.kind !== 'ok') return complain(told, io);
    const approvals = approvalsIn(told.value);
    if (approvals === undefined) return complain(STRANGE, io);
    io.stdout(flags.json ? printableJson(approvals, 2) : approvalsText(approvals));
    return 0;
  },
};

export const approvalsShow: Command = {
  name: 'approvals show',
  summary: 'Show one approval: who, what, and the arguments exactly as bound',
  usage: `gatehouse approvals show ID --url URL --token-file FILE [--json]

${COMMON}`,
  async run(args, io) {
    const { flags, operands } = parseFlags(AT, args, io.env, ID);
    const asking: Asking = { method: 'GET', path: `approvals/${readId(operands)}` };
    return tellOne(flags, { asking, say: approvalText }, io);
  },
};

export const approvalsApprove = deciding('approve', {
  summary: 'Approve a call that waits',
  says: 'Approves it. With enough approvals the call goes on. Nobody approves a request of their own.',
});

export const approvalsDeny = deciding('deny', {
  summary: 'Deny a call that waits',
  says: 'Denies it, which ends the request; its caller is told the reason.',
});

export const approvalsRevoke = deciding('revoke', {
  summary: 'Take back an approval that is not used up',
  says: 'Takes the grant back. A call that was let through already is not undone.',
});

export const approvalsCancel = deciding('cancel', {
  summary: 'Withdraw a request of your own',
  says: 'Withdraws a request that you made and that still waits. The reason may be left out.',
});

export const approvalsBreakGlass = deciding('break-glass', {
  summary: 'Let a call go on without a decision, in an emergency',
  says: `Lets the request go on now, for 30 minutes at most, where the policy names you under breakGlass. It raises an
alert, and somebody else must review it within 24 hours.`,
});

function deciding(act: Act, { summary, says }: { summary: string; says: string }): Command {
  const needsReason = act !== 'cancel';
  const opens = OPENING_ACTS.has(act);
  return {
    name: `approvals ${act}`,
    summary,
    usage: `gatehouse approvals ${act} ID ${needsReason ? '--reason TEXT' : '[--reason TEXT]'} --url URL --token-file FILE [--json]

${says}

  --reason TEXT      Why, in one line; it is recorded, and shown to the caller.
${opens ? SEEN : ''}${COMMON}`,
    async run(args, io) {
      const table = { ...AT, reason: needsReason ? required(text) : text, seen: text };
      const { flags, operands } = parseFlags(table, args, io.env, ID);
      const { reason, seen } = flags;
      if (seen !== undefined && !opens) throw new UsageError(`--seen is not for ${act}`);
      const body = {
        ...(reason === undefined ? {} : { reason }),
        ...(seen === undefined ? {} : { seen }),
      };
      const asking: Asking = { method: 'POST', path: `approvals/${readId(operands)}/${act}`, body };
      return tellOne(flags, { asking, say: decidedText }, io);
    },
  };
}

interface Telling {
  readonly asking: Asking;
  readonly say: typeof approvalText;
}

export async function tellOne(
  flags: ApprovalsAddress & { readonly json: boolean },
  { asking, say }: Telling,
  io: CommandIo,
): Promise<number> {
  const told = await askGateway(flags, asking);
  if (told.kind !== 'ok') return complain(told, io);
  const approval = approvalIn(told.value);
  if (approval === undefined) return complain(STRANGE, io);
  io.stdout(flags.json ? printableJson(approval, 2) : say(approval));
  return 0;
}

export const STRANGE: NotDone = {
  kind: 'unanswered',
  reason: 'the answer is not one of an approvals API: is --url the admin address?',
};

type NotDone = Exclude<Told, { readonly kind: 'ok' }>;

export function complain(told: NotDone, io: CommandIo): number {
  const code = told.kind === 'refused' ? ` (${told.code})` : '';
  const hint = told.kind === 'refused' ? HINTS.get(told.code) : undefined;
  io.stderr(`gatehouse: ${printable(`${told.reason}${code}`)}\n`);
  if (hint !== undefined) io.stderr(`  ${hint}\n`);
  return told.kind === 'refused' ? EXIT_REFUSED : EXIT_UNANSWERED;
}

/** What to do, where the gateway's own words do not say it. */
const HINTS: ReadonlyMap<string, string> = new Map([
  [
    'token_invalid',
    '--token-file: get a new token from the issuer of the policy, for the approval audience',
  ],
  [
    'audience_wrong',
    '--token-file: ask the issuer for a token whose only audience is spec.identity.approvalAudience',
  ],
  ['sign_in_unknown', '--token-file: sign in again with max_age=900 and put the new token there'],
  ['sign_in_stale', '--token-file: sign in again with max_age=900 and put the new token there'],
  [
    'agent_token',
    '--token-file: use a token that you got yourself, not one that was exchanged for an agent',
  ],
  [
    'host_not_allowed',
    '--url: use localhost, an IP address, or the host that the gateway was given as --admin',
  ],
  ['unknown', 'see "gatehouse approvals list"'],
  ['shown_otherwise', 'see "gatehouse approvals show"'],
  ['review_overdue', 'see "gatehouse approvals reviews"'],
  ['reviews_full', 'see "gatehouse approvals reviews"'],
]);

export function readId([id = '']: readonly string[]): string {
  if (!/^[A-Za-z0-9_-]{8,64}$/.test(id)) {
    throw new UsageError('ID must be that of an approval; see "gatehouse approvals list"');
  }
  return id;
}

function readState(given: string): string {
  const state = given.toUpperCase();
  if (!APPROVAL_STATES.some((known) => known === state)) {
    throw new UsageError(`--state must be one of ${APPROVAL_STATES.join(', ')}`);
  }
  return state;
}
