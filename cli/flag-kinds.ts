// The kinds of flag that subcommands are built from: text, switch, integer, HOST:PORT, URL, and how
// they become required or get a default. A value is named by its flag and never repeated back.

import { isIP } from 'node:net';
import { UsageError } from './command.ts';
import type { Flag } from './flags.ts';

/** Where to listen or connect. `host` is a name or an address; IPv6 without its brackets. */
export interface HostPort {
  readonly host: string;
  /** 0 asks the system for a free port. */
  readonly port: number;
}

/** `--data DIR`. */
export const text: Flag<string | undefined> = {
  takes: 'value',
  read: (texts) => texts[0],
};

/** `--policy FILE [--policy FILE]...`; an empty list when not given. */
export const texts: Flag<readonly string[]> = {
  takes: 'values',
  read: (given) => given,
};

/** `--json`; false when not given. */
export const onOff: Flag<boolean> = {
  takes: 'nothing',
  read: ([given], source) => {
    if (given === undefined || given === 'false' || given === '0') {
      return false;
    }
    if (given === 'true' || given === '1') {
      return true;
    }
    throw new UsageError(`${source} must be true or false`);
  },
};

export const hostPort: Flag<HostPort | undefined> = {
  takes: 'value',
  read: ([given], source) => (given === undefined ? undefined : readHostPort(given, source)),
};

/** An absolute http or https URL. */
export const url: Flag<URL | undefined> = {
  takes: 'value',
  read: ([given], source) => (given === undefined ? undefined : readUrl(given, source)),
};

/** Like `url`, repeated; an empty list when not given. */
export const urls: Flag<readonly URL[]> = {
  takes: 'values',
  read: (given, source) => given.map((one) => readUrl(one, source)),
};

/** A whole number between the two bounds, both included. */
export function integer(atLeast: number, atMost: number): Flag<number | undefined> {
  return {
    takes: 'value',
    read: ([given], source) => {
      if (given === undefined) {
        return undefined;
      }
      const value = /^-?\d{1,15}$/.test(given) ? Number(given) : Number.NaN;
      if (!(value >= atLeast && value <= atMost)) {
        throw new UsageError(`${source} must be a whole number from ${atLeast} to ${atMost}`);
      }
      return value;
    },
  };
}

/** One of a few words, such as a log level. */
export function oneOf<const Word extends string>(words: readonly Word[]): Flag<Word | undefined> {
  return {
    takes: 'value',
    read: ([given], source) => {
      if (given === undefined) {
        return undefined;
      }
      const word = words.find((candidate) => candidate === given);
      if (word === undefined) {
        throw new UsageError(`${source} must be one of ${words.join(', ')}`);
      }
      return word;
    },
  };
}

/** Complains when the flag was not given. */
export function required<T>(flag: Flag<T | undefined>): Flag<T> {
  return {
    takes: flag.takes,
    read: (given, source) => {
      const value = flag.read(given, source);
      if (value === undefined) {
        throw new UsageError(`${source} is missing; give it a value, see --help`);
      }
      return value;
    },
  };
}

/** Complains when a repeated flag was not given at all. */
export function atLeastOne<T>(flag: Flag<readonly T[]>): Flag<readonly T[]> {
  return {
    takes: flag.takes,
    read: (given, source) => {
      const values = flag.read(given, source);
      if (values.length === 0) {
        throw new UsageError(`${source} is missing; give it at least once`);
      }
      return values;
    },
  };
}

/** Stands in when the flag was not given. */
export function withDefault<T>(flag: Flag<T | undefined>, fallback: T): Flag<T> {
  return { takes: flag.takes, read: (given, source) => flag.read(given, source) ?? fallback };
}

function readHostPort(given: string, source: string): HostPort {
  const bracketed = /^\[([^\]]*)\]:(\d{1,5})$/.exec(given);
  const plain = /^([^:[\]]+):(\d{1,5})$/.exec(given);
  const [, host = '', portText = ''] = bracketed ?? plain ?? [];
  const isHost = bracketed === null ? /^[A-Za-z0-9.-]+$/.test(host) : isIP(host) === 6;
  const port = Number(portText);
  if (!isHost || port > 65_535) {
    throw new UsageError(
      `${source} must be HOST:PORT, such as 127.0.0.1:8080 or [::1]:8080, with a port up to 65535`,
    );
  }
  return { host, port };
}

function readUrl(given: string, source: string): URL {
  const parsed = URL.canParse(given) ? new URL(given) : undefined;
  if (parsed === undefined || (parsed.protocol !== 'http:' && parsed.protocol !== 'https:')) {
    throw new UsageError(`${source} must be an absolute URL, such as https://host.example/mcp`);
  }
  if (parsed.username !== '' || parsed.password !== '') {
    throw new UsageError(
      `${source} must not carry a user name or password; arguments can be read by other processes`,
    );
  }
  if (parsed.hash !== '') {
    throw new UsageError(`${source} must not have a fragment; remove everything from "#"`);
  }
  return parsed;
}
