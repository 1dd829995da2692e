// Names inside a data directory, as docs/audit-format.md gives them.

export const LANES_DIR = 'lanes';
export const RECORDINGS_DIR = 'recordings';
export const CHECKPOINTS_FILE = 'checkpoints.jsonl';

/** Approvals and their journal. */
export const APPROVALS_DIR = 'approvals';
export const JOURNAL_FILE = 'journal.jsonl';

/** Ends the name of a file whose first line was not durable when its writer died. */
export const DRAFT_SUFFIX = '.opening';
