// Edits to lane files: each is found, and the verifier says where.

import { CHECKPOINTS, withFile, withLines } from './evidence-copy.fixture.ts';
import {
  forgeRecord,
  invented,
  linesOf,
  mergeLines,
  resign,
  swap,
  untorn,
} from './forgery.fixture.ts';
import type { Edit } from './tamper.fixture.ts';

export const LANE_EDITS: readonly Edit[] = [
  {
    name: 'the first line of a lane is deleted',
    change: (log) => withLines(log.copy, log.closed, (lines) => lines.slice(1)),
    code: 'sequence_broken',
    file: (log) => log.closed,
    line: 1,
  },
  {
    name: 'a line in the middle is deleted',
    change: (log) => withLines(log.copy, log.closed, (lines) => lines.toSpliced(2, 1)),
    code: 'sequence_broken',
    file: (log) => log.closed,
    line: 3,
  },
  {
    name: 'the last line of a lane in the middle is deleted',
    change: (log) => withLines(log.copy, log.closed, (lines) => lines.slice(0, -1)),
    code: 'seal_mismatch',
    file: (log) => log.crashed,
    seq: 1,
  },
  {
    name: 'the last line of a crashed lane is deleted',
    change: (log) => withLines(log.copy, log.crashed, (lines) => lines.slice(0, -1)),
    code: 'seal_mismatch',
    file: (log) => log.last,
    seq: 1,
  },
  {
    name: 'the tail of the last lane is cut off',
    change: (log) => withLines(log.copy, log.last, (lines) => lines.slice(0, -1)),
    code: 'checkpoint_unmet',
    file: (log) => log.last,
  },
  {
    name: 'the last byte is cut off',
    change: (log) => withFile(log.copy, log.last, (bytes) => bytes.subarray(0, -1)),
    code: 'checkpoint_unmet',
    file: (log) => log.last,
  },
  {
    name: 'two lines are swapped',
    change: (log) => withLines(log.copy, log.closed, (lines) => swap(lines, 1, 2)),
    code: 'sequence_broken',
    file: (log) => log.closed,
    line: 2,
  },
  {
    name: 'a line is there twice',
    change: (log) =>
      withLines(log.copy, log.closed, (lines) => lines.toSpliced(2, 0, lines[1] ?? '')),
    code: 'sequence_broken',
    file: (log) => log.closed,
    line: 3,
  },
  {
    name: 'the first lane is deleted',
    change: (log) => withFile(log.copy, log.closed, () => undefined),
    code: 'lane_missing',
    file: (log) => log.crashed,
  },
  {
    name: 'a lane in the middle is deleted',
    change: (log) => withFile(log.copy, log.crashed, () => undefined),
    code: 'lane_missing',
    file: (log) => log.last,
  },
  {
    name: 'the last lane is deleted',
    change: (log) => withFile(log.copy, log.last, () => undefined),
    code: 'lane_missing',
    file: () => CHECKPOINTS,
  },
  {
    name: 'every lane is deleted',
    change: (log) => ({
      ...log.copy,
      files: new Map([...log.copy.files].filter(([name]) => name === CHECKPOINTS)),
    }),
    code: 'lane_missing',
    file: () => CHECKPOINTS,
  },
  {
    name: 'a record of one lane is replayed in another',
    change: (log) => {
      const lines = linesOf(log.copy, log.closed);
      return withLines(log.copy, log.last, (own) => own.toSpliced(2, 0, lines[2] ?? ''));
    },
    code: 'lane_mismatch',
    file: (log) => log.last,
    line: 3,
  },
  {
    name: 'a lane is copied under another ordinal',
    change: (log) => {
      const name = log.last.replace('000003', '000004');
      return withFile(log.copy, name, () => log.copy.files.get(log.last));
    },
    code: 'opening_invalid',
    file: (log) => log.last.replace('000003', '000004'),
    line: 1,
  },
  {
    name: 'two files claim one ordinal',
    change: (log) => {
      const name = log.last.replace(/-.{26}/, `-${'a'.repeat(26)}`);
      return withFile(log.copy, name, () => log.copy.files.get(log.last));
    },
    code: 'lane_duplicated',
    file: (log) => log.last.replace(/-.{26}/, `-${'a'.repeat(26)}`),
  },
  {
    name: 'the torn bytes of a crash are tidied away',
    change: (log) =>
      withLines(
        { ...log.copy, files: untorn(log.copy, log.crashed) },
        log.crashed,
        (lines) => lines,
      ),
    code: 'seal_mismatch',
    file: (log) => log.last,
  },
  {
    name: 'a crashed lane is given other torn bytes',
    change: (log) =>
      withFile(log.copy, log.crashed, (bytes) => Buffer.concat([bytes, Buffer.from('{"more":')])),
    code: 'seal_mismatch',
    file: (log) => log.last,
  },
  {
    name: 'a line is spelled differently but means the same',
    change: (log) =>
      withLines(log.copy, log.closed, (lines) => lines.map((line) => line.replace(',', ', '))),
    code: 'line_invalid',
    file: (log) => log.closed,
    line: 1,
  },
  {
    name: 'a line carries a second key of the same name',
    change: (log) =>
      withLines(log.copy, log.closed, (lines) =>
        lines.with(1, (lines[1] ?? '').replace('{"from"', '{"from":1,"from"')),
      ),
    code: 'line_invalid',
    file: (log) => log.closed,
    line: 2,
  },
  {
    name: 'a record is edited and its hash is made to fit',
    change: (log) =>
      withLines(log.copy, log.closed, (lines) => lines.with(1, forgeRecord(lines[1] ?? ''))),
    code: 'signature_invalid',
    file: (log) => log.closed,
    line: 2,
  },
  {
    name: 'two commits are made one',
    change: (log) =>
      withLines(log.copy, log.closed, (lines) =>
        lines.toSpliced(1, 2, mergeLines(lines[1] ?? '', lines[2] ?? '')),
      ),
    code: 'signature_invalid',
    file: (log) => log.closed,
    line: 2,
  },
  {
    name: 'a lane is rewritten whole and signed by another key',
    change: (log) => withLines(log.copy, log.closed, (lines) => resign(lines)),
    code: 'opening_invalid',
    file: (log) => log.closed,
    line: 1,
  },
  {
    name: 'something follows lane.close',
    change: (log) =>
      withFile(log.copy, log.last, (bytes) => Buffer.concat([bytes, Buffer.from('{"half":')])),
    code: 'line_invalid',
    file: (log) => log.last,
  },
  {
    name: 'a lane is invented',
    change: (log) => invented(log.copy, log.last),
    code: 'signer_unknown',
    file: () => 'lanes/000004-',
    line: 1,
  },
];
