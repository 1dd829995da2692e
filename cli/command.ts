// What every subcommand of `gatehouse` looks like to cli/main.ts, which alone touches the process.

export interface CommandIo {
  readonly stdout: (text: string) => void;
  readonly stderr: (text: string) => void;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Aborted when the process was asked to stop (SIGTERM, SIGINT), for commands that serve; never for others. */
  readonly stop: AbortSignal;
}

export interface Command {
  /** Words after `gatehouse`, such as `policy validate`. */
  readonly name: string;
  readonly summary: string;
  /** Full help text, shown by `--help` and after a usage error. */
  readonly usage: string;
  /** Resolves to the exit code; throws UsageError for bad flags. */
  run(args: readonly string[], io: CommandIo): Promise<number>;
}

/** A command line that cannot be carried out: names the flag and what to do. Exit code 64. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
  readonly code = 'usage';
}
