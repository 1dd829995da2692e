// Structured logs: one JSON object per line on stderr, a constant message plus fields. Logging never
// throws, never blocks on more than a bounded buffer, and never prints an error's own text.

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** An error is logged as its name, code and frames: its message may quote what a peer sent. */
export type LogValue = string | number | boolean | undefined | readonly string[] | Error;
export type LogFields = Readonly<Record<string, LogValue>>;

export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  /** A logger that adds these fields to every line; shares the buffer. */
  with(fields: LogFields): Logger;
  /** Writes what is buffered now; called before the process ends. */
  flush(): void;
  /** Tells of every later line, of the loggers made from this one too. What it throws is lost. */
  observe(observer: LogObserver): void;
}

/** One line as it is written: cut to size, errors described. */
export interface LogLine {
  /** RFC 3339. */
  readonly ts: string;
  readonly level: LogLevel;
  readonly msg: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** Must return at once. */
export type LogObserver = (line: LogLine) => void;

export interface LogSettings {
  readonly level: LogLevel;
  /** Takes whole lines, ended by a newline. */
  readonly write: (lines: string) => void;
  /** RFC 3339. */
  readonly now: () => string;
}

/** Longest string kept of one value. Longer ones are cut: a peer must not fill the disk. */
export const MAX_VALUE_CHARS = 512;
const MAX_FIELDS = 32;
/** Every line has these of its own; a field of the same name would hide them. */
const RESERVED: ReadonlySet<string> = new Set(['ts', 'level', 'msg']);
const MAX_ITEMS = 16;
const MAX_FRAMES = 4;
const MAX_CAUSES = 3;
/** Lines held between two turns of the event loop; beyond that they are counted, not kept. */
const MAX_BUFFERED_LINES = 1000;

export function createLogger(settings: LogSettings): Logger {
  return new JsonLogger(new LineBuffer(settings.write), settings, {});
}

class JsonLogger implements Logger {
  readonly #buffer: LineBuffer;
  readonly #settings: LogSettings;
  readonly #fields: LogFields;

  constructor(buffer: LineBuffer, settings: LogSettings, fields: LogFields) {
    this.#buffer = buffer;
    this.#settings = settings;
    this.#fields = fields;
  }

  debug(message: string, fields: LogFields = {}): void {
    this.#log('debug', message, fields);
  }

  info(message: string, fields: LogFields = {}): void {
    this.#log('info', message, fields);
  }

  warn(message: string, fields: LogFields = {}): void {
    this.#log('warn', message, fields);
  }

  error(message: string, fields: LogFields = {}): void {
    this.#log('error', message, fields);
    this.flush();
  }

  with(fields: LogFields): Logger {
    return new JsonLogger(this.#buffer, this.#settings, { ...this.#fields, ...fields });
  }

  flush(): void {
    this.#buffer.flush();
  }

  observe(observer: LogObserver): void {
    this.#buffer.observe(observer);
  }

  #log(level: LogLevel, message: string, fields: LogFields): void {
    if (LOG_LEVELS.indexOf(level) < LOG_LEVELS.indexOf(this.#settings.level)) {
      return;
    }
    try {
      const head = { ts: this.#settings.now(), level, msg: message };
      const bounded = bound({ ...this.#fields, ...fields });
      this.#buffer.add(toLine({ ...head, ...bounded }));
      this.#buffer.tell({ ...head, fields: bounded });
    } catch {
      // A getter or a clock that throws costs its line, never the call that was being logged.
      this.#buffer.drop();
    }
  }
}

/** Collects the lines of one turn of the event loop into one write. */
class LineBuffer {
  readonly #write: (lines: string) => void;
  readonly #observers: LogObserver[] = [];
  #lines: string[] = [];
  #dropped = 0;
  #scheduled = false;

  constructor(write: (lines: string) => void) {
    this.#write = write;
  }

  add(line: string): void {
    if (this.#lines.length >= MAX_BUFFERED_LINES) {
      this.drop();
      return;
    }
    this.#lines.push(line);
    if (!this.#scheduled) {
      this.#scheduled = true;
      setImmediate(() => this.flush());
    }
  }

  drop(): void {
    this.#dropped += 1;
  }

  observe(observer: LogObserver): void {
    this.#observers.push(observer);
  }

  tell(line: LogLine): void {
    for (const observer of this.#observers) {
      try {
        observer(line);
      } catch {
        // The line is written; where else it goes is not its writer's business.
      }
    }
  }

  flush(): void {
    this.#scheduled = false;
    if (this.#lines.length === 0) {
      return;
    }
    const dropped = this.#dropped;
    const tail =
      dropped === 0 ? '' : `{"level":"warn","msg":"log lines dropped","lines":${dropped}}\n`;
    const text = this.#lines.join('') + tail;
    this.#lines = [];
    this.#dropped = 0;
    try {
      this.#write(text);
    } catch {
      // stderr is gone; there is nowhere left to say so.
    }
  }
}

function bound(fields: LogFields): Record<string, unknown> {
  const bounded: Record<string, unknown> = Object.create(null);
  for (const [name, value] of Object.entries(fields).slice(0, MAX_FIELDS)) {
    if (!RESERVED.has(name)) {
      bounded[name] = boundValue(value);
    }
  }
  return bounded;
}

function boundValue(value: LogValue): unknown {
  if (typeof value === 'string') {
    return cut(value);
  }
  if (value instanceof Error) {
    return describeError(value, MAX_CAUSES);
  }
  if (Array.isArray(value)) {
    return value.slice(0, MAX_ITEMS).map((item) => cut(String(item)));
  }
  return value;
}

function cut(text: string): string {
  return text.length > MAX_VALUE_CHARS ? `${text.slice(0, MAX_VALUE_CHARS)}…` : text;
}

function describeError(error: Error, causesLeft: number): object {
  const code = 'code' in error && typeof error.code === 'string' ? cut(error.code) : undefined;
  const cause =
    error.cause instanceof Error && causesLeft > 0
      ? describeError(error.cause, causesLeft - 1)
      : undefined;
  return { name: cut(error.name), code, at: framesOf(error), cause };
}

/** The stack without its head, which repeats the message; nothing when the head was altered. */
function framesOf(error: Error): readonly string[] {
  const stack = error.stack ?? '';
  const start = stack.indexOf(error.message);
  if (start === -1) {
    return [];
  }
  const frames = stack.slice(start + error.message.length).split('\n    at ');
  return frames.slice(1, MAX_FRAMES + 1).map(cut);
}

/** Beyond what JSON escapes: C1 controls, line separators and marks that turn text around. */
const DECEPTIVE = /[\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

function toLine(line: object): string {
  const json = JSON.stringify(line).replace(
    DECEPTIVE,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return `${json}\n`;
}
