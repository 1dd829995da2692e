// What `evidence verify` prints for people: what was checked and how it went, what was found and
// where, and what the verdict means.

import { gravityOf, type Problem, type ProblemCode } from '#core/evidence/problem.ts';
import type { Verification } from '#core/evidence/verify.ts';
import type { DanglingIntent } from '#core/evidence/verify-exchanges.ts';
import { columns, printable } from './printable.ts';

interface Check {
  readonly name: string;
  readonly codes: readonly ProblemCode[];
}

const CHECKS: readonly Check[] = [
  {
    name: 'every line is exactly as it was written',
    codes: ['line_invalid', 'record_invalid', 'lane_mismatch', 'record_type_unknown', 'unreadable'],
  },
  {
    name: 'records follow each other without a gap',
    codes: [
      'sequence_broken',
      'chain_broken',
      'head_mismatch',
      'record_after_close',
      'no_evidence',
    ],
  },
  { name: 'every commit is signed by its lane', codes: ['signature_invalid', 'opening_invalid'] },
  {
    name: 'every lane is certified by a trusted key',
    codes: ['certificate_invalid', 'signer_unknown', 'lane_uncertified', 'trust_not_given'],
  },
  {
    name: 'no lane is missing, and each seals the one before',
    codes: ['lane_missing', 'lane_duplicated', 'seal_mismatch', 'records_lost'],
  },
  {
    name: 'nothing was cut off but what is archived',
    codes: ['marker_invalid', 'archive_not_given'],
  },
  {
    name: 'the records reach as far as the checkpoints say',
    codes: [
      'checkpoint_invalid',
      'checkpoint_chain_broken',
      'checkpoint_missing',
      'checkpoint_unmet',
      'anchor_invalid',
      'tail_uncheckpointed',
      'lane_uncheckpointed',
    ],
  },
  {
    name: 'every recording that is here is the one its record names',
    codes: ['recording_changed'],
  },
  {
    name: 'every outcome has its intent',
    codes: ['outcome_without_intent', 'intent_repeated'],
  },
  {
    name: 'every approved call was voted for, and went through once',
    codes: ['grant_spent_twice', 'grant_spent_after_end', 'grant_without_votes'],
  },
  {
    name: 'every call that went on without a decision says who answers for it',
    codes: ['glass_unrecorded', 'glass_self_reviewed'],
  },
];

const VERDICTS = {
  verified:
    'VERIFIED: complete and unchanged since it was written, within what any notes above say.',
  tampered: 'TAMPERED: this is not what the gateway wrote.',
  inconclusive: 'INCONCLUSIVE: nothing was found changed, but that is not enough to say verified.',
} as const;

export function reportText(directory: string, verification: Verification): string {
  const { lanes, records, intents, outcomes, dangling, problems, notes, verdict } = verification;
  const checks = CHECKS.map((check) => checkRow(check, problems));
  const counts = [
    count(lanes, 'lane'),
    count(records, 'record'),
    count(intents, 'intent'),
    count(outcomes, 'outcome'),
    `${dangling.length} dangling`,
    ...recordingsText(verification),
  ];
  return [
    `Evidence in ${printable(directory)}: ${counts.join(', ')}\n`,
    // Nothing fails where nothing was looked at; a row of PASS would say more than that.
    records === 0 ? '' : columns(checks),
    section('Problems', problems.map(problemLine)),
    section('Calls whose outcome is unknown (no sign of tampering)', dangling.map(danglingLine)),
    section('Notes', notes.map(problemLine)),
    `${VERDICTS[verdict]}\n`,
  ]
    .filter((part) => part !== '')
    .join('\n');
}

/** What `--json` has no member for: nothing here changes the verdict. */
export function asideText(verification: Verification): string {
  const lines = [
    ...recordingsText(verification),
    ...verification.notes.map((note) => `note: ${problemLine(note)}`),
  ];
  return lines.map((line) => `${line}\n`).join('');
}

function recordingsText({ recordings: { named, missing } }: Verification): readonly string[] {
  if (named === 0) return [];
  return [`${count(named, 'recording')}${missing === 0 ? '' : `, ${missing} of them missing`}`];
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`;
}

function checkRow({ name, codes }: Check, problems: readonly Problem[]): readonly string[] {
  const found = problems.filter(({ code }) => codes.includes(code));
  if (found.length === 0) {
    return ['PASS', name];
  }
  const isBroken = found.some(({ code }) => gravityOf(code) === 'tampering');
  return [isBroken ? 'FAIL' : 'OPEN', `${name}: ${found.length} found, see below`];
}

function section(title: string, lines: readonly string[]): string {
  return lines.length === 0 ? '' : `${title}:\n${lines.map((line) => `  ${line}\n`).join('')}`;
}

function problemLine({ code, message, file, line, lane, seq }: Problem): string {
  const place = [
    ...(file === undefined ? [] : [line === undefined ? file : `${file}:${line}`]),
    ...(lane === undefined ? [] : [`lane ${lane}`]),
    ...(seq === undefined ? [] : [`seq ${seq}`]),
  ];
  const where = place.length === 0 ? '' : ` (${place.join(', ')})`;
  return printable(`${code}: ${message}${where}`);
}

function danglingLine(intent: DanglingIntent): string {
  const { ts, exchange, method, target, principal, effect, lane, seq } = intent;
  const who = principal === undefined ? 'unknown' : `${principal.subject} (${principal.issuer})`;
  const what = [method ?? 'unknown', ...(target === undefined ? [] : [target])].join(' ');
  return printable(
    `${ts} ${who} ${what}, ${effect ?? 'unknown'}, exchange ${exchange} (lane ${lane}, seq ${seq})`,
  );
}
