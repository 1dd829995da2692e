// Edits to checkpoints, and logs cut short together with them: found through the checkpoint that is
// kept beside the trust key.

import { parseCheckpoint } from '#core/evidence/checkpoint.ts';
import { CHECKPOINTS, withFile, withLines } from './evidence-copy.fixture.ts';
import { swap } from './forgery.fixture.ts';
import type { Edit } from './tamper.fixture.ts';

export const CHECKPOINT_EDITS: readonly Edit[] = [
  {
    name: 'the checkpoints are deleted',
    change: (log) => withFile(log.copy, CHECKPOINTS, () => undefined),
    code: 'checkpoint_missing',
    file: (log) => log.closed,
  },
  {
    name: 'the first checkpoint is deleted',
    change: (log) => withLines(log.copy, CHECKPOINTS, (lines) => lines.slice(1)),
    code: 'checkpoint_chain_broken',
    file: () => CHECKPOINTS,
    line: 1,
  },
  {
    name: 'the last checkpoint is deleted',
    change: (log) => withLines(log.copy, CHECKPOINTS, (lines) => lines.slice(0, -1)),
    code: 'checkpoint_missing',
    file: () => CHECKPOINTS,
  },
  {
    name: 'two checkpoints are swapped',
    change: (log) => withLines(log.copy, CHECKPOINTS, (lines) => swap(lines, 0, 1)),
    code: 'checkpoint_chain_broken',
    file: () => CHECKPOINTS,
    line: 1,
  },
  {
    name: 'the tail is cut off together with its checkpoints',
    change: (log) => {
      const cut = withLines(log.copy, log.last, (lines) => lines.slice(0, -1));
      return withLines(cut, CHECKPOINTS, (lines) => lines.slice(0, -1));
    },
    code: 'checkpoint_unmet',
    file: (log) => log.last,
  },
  {
    name: 'the whole log is rolled back together with its checkpoints',
    change: (log) => {
      const before = withFile(log.copy, log.last, () => undefined);
      return withLines(before, CHECKPOINTS, (lines) =>
        lines.filter((line) => (parseCheckpoint(line)?.ordinal ?? 0) < 3),
      );
    },
    code: 'lane_missing',
    file: () => CHECKPOINTS,
  },
];
