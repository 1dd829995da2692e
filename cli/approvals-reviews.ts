// `gatehouse approvals reviews` and `review`: what went on without a decision, and what somebody else thinks
// of that.

import { REVIEW_STANDINGS, VERDICTS } from '#core/approvals/break-glass.ts';
import { AT, COMMON, complain, ID, readId, STRANGE, tellOne } from './approvals.ts';
import { approvalsIn, askGateway } from './approvals-client.ts';
import { decidedText, reviewsText } from './approvals-text.ts';
import { type Command, UsageError } from './command.ts';
import { integer, oneOf, required, text, texts } from './flag-kinds.ts';
import { parseFlags } from './flags.ts';
import { printableJson } from './printable.ts';

export const approvalsReviews: Command = {
  name: 'approvals reviews',
  summary: 'List where glass was broken, and what still is to be reviewed',
  usage: `gatehouse approvals reviews --url URL --token-file FILE [--review STANDING]... [--limit N] [--json]

  --review STANDING  Only ${REVIEW_STANDINGS.join(', ')}; repeatable (open and overdue).
  --limit N          The newest N, up to 1000 (100).
${COMMON}`,
  async run(args, io) {
    const table = { ...AT, review: texts, limit: integer(1, 1000) };
    const { flags } = parseFlags(table, args, io.env);
    const query = new URLSearchParams();
    const asked = flags.review.length === 0 ? ['open', 'overdue'] : flags.review.map(readStanding);
    for (const standing of asked) query.append('review', standing);
    if (flags.limit !== undefined) query.set('limit', String(flags.limit));
    const told = await askGateway(flags, { method: 'GET', path: `approvals?${query}` });
    if (told.kind !== 'ok') return complain(told, io);
    const approvals = approvalsIn(told.value);
    if (approvals === undefined) return complain(STRANGE, io);
    io.stdout(flags.json ? printableJson(approvals, 2) : reviewsText(approvals));
    return 0;
  },
};

export const approvalsReview: Command = {
  name: 'approvals review',
  summary: 'Review that glass was broken',
  usage: `gatehouse approvals review ID --verdict ${VERDICTS.join('|')} --reason TEXT --url URL --token-file FILE [--json]

Says on record whether it was right to go on without a decision. Not for whoever broke the glass or asked for the call.

  --verdict VERDICT  ${VERDICTS.join(' or ')}.
  --reason TEXT      Why, in one line; it is recorded.
${COMMON}`,
  async run(args, io) {
    const table = { ...AT, verdict: required(oneOf(VERDICTS)), reason: required(text) };
    const { flags, operands } = parseFlags(table, args, io.env, ID);
    const { verdict, reason } = flags;
    const path = `approvals/${readId(operands)}/review`;
    return tellOne(
      flags,
      { asking: { method: 'POST', path, body: { verdict, reason } }, say: decidedText },
      io,
    );
  },
};

function readStanding(given: string): string {
  if (!REVIEW_STANDINGS.some((known) => known === given)) {
    throw new UsageError(`--review must be one of ${REVIEW_STANDINGS.join(', ')}`);
  }
  return given;
}
