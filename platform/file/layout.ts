// Names inside a data directory, as docs/audit-format.md gives them.

export const LANES_DIR = 'lanes';
export const CHECKPOINTS_FILE = 'checkpoints.jsonl';

/** Ends the name of a file whose first line was not durable when its writer died. */
export const DRAFT_SUFFIX = '.opening';
