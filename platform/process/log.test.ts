// Pins that a log line is one JSON object, bounded, free of an error's own text, and that logging
// cannot fail the call that is being logged.

import { expect } from 'chai';
import { createLogger, type LogLevel, type LogValue, MAX_VALUE_CHARS } from './log.ts';

function recordingLogger(level: LogLevel = 'debug') {
  const writes: string[] = [];
  const log = createLogger({
    level,
    write: (lines) => writes.push(lines),
    now: () => '2026-03-01T12:00:00.000000Z',
  });
  const lines = () => {
    log.flush();
    return writes.join('').split('\n').slice(0, -1);
  };
  return { log, writes, lines, parsed: () => lines().map((line) => JSON.parse(line)) };
}

describe('the log', () => {
  it('writes a constant message and its fields as one JSON object per line', () => {
    const { log, parsed } = recordingLogger();

    log.info('policy loaded', { rules: 3, files: ['a.yaml'], observe: false, absent: undefined });

    expect(parsed()).to.deep.equal([
      {
        ts: '2026-03-01T12:00:00.000000Z',
        level: 'info',
        msg: 'policy loaded',
        rules: 3,
        files: ['a.yaml'],
        observe: false,
      },
    ]);
  });

  it('leaves out what is below its level', () => {
    const { log, parsed } = recordingLogger('warn');

    log.debug('a');
    log.info('b');
    log.warn('c');
    log.error('d');

    expect(parsed().map(({ msg }) => msg)).to.deep.equal(['c', 'd']);
  });

  it('puts the lines of one turn into one write, and an error at once', () => {
    const { log, writes } = recordingLogger();

    log.info('one');
    log.info('two');
    expect(writes).to.have.length(0);
    log.error('three');

    expect(writes).to.have.length(1);
    expect(writes[0]?.split('\n')).to.have.length(4);
  });

  it('writes by itself when the turn is over', async () => {
    const { log, writes } = recordingLogger();

    log.info('one');
    await new Promise((resolve) => setImmediate(resolve));

    expect(writes).to.have.length(1);
  });

  it('adds the fields of a derived logger', () => {
    const { log, parsed } = recordingLogger();

    log.with({ part: 'ledger' }).warn('slow', { millis: 12 });

    expect(parsed()[0]).to.include({ part: 'ledger', millis: 12 });
  });

  it('tells observers each line as it is written, of derived loggers too', () => {
    const { log } = recordingLogger('info');
    const told: unknown[] = [];
    log.observe(() => {
      throw new Error('an observer that fails');
    });
    const derived = log.with({ id: 1 });
    derived.observe((line) => told.push(line));

    log.debug('below the level');
    derived.info('hello', { text: 'x'.repeat(MAX_VALUE_CHARS + 1) });

    expect(told).to.deep.equal([
      {
        ts: '2026-03-01T12:00:00.000000Z',
        level: 'info',
        msg: 'hello',
        fields: { id: 1, text: `${'x'.repeat(MAX_VALUE_CHARS)}…` },
      },
    ]);
  });

  it('cannot be made to hide its own members', () => {
    const { log, parsed } = recordingLogger();

    log.info('real', { msg: 'false', level: 'error', ts: 'never' });

    expect(parsed()[0]).to.include({ msg: 'real', level: 'info' });
  });

  const hostile: readonly { name: string; text: string }[] = [
    { name: 'a newline', text: 'a\n{"level":"error","msg":"forged"}' },
    { name: 'an escape sequence', text: '\u001b[2J' },
    { name: 'a C1 control', text: '\u009b31m' },
    { name: 'a line separator', text: 'a\u2028b' },
    { name: 'a text turner', text: '\u202egpj' },
    { name: 'half a character', text: '\ud800' },
  ];
  for (const { name, text } of hostile) {
    it(`keeps ${name} escaped and inside its line`, () => {
      const { log, lines } = recordingLogger();

      log.info('seen', { text });

      expect(lines()).to.have.length(1);
      // biome-ignore lint/suspicious/noControlCharactersInRegex: controls are what is looked for
      expect(lines()[0]).to.not.match(/[\u0000-\u001f\u007f-\u009f\u2028\u202e\ud800-\udfff]/);
      expect(JSON.parse(lines()[0] ?? '').text).to.equal(text);
    });
  }

  it('cuts what is long and counts what is many', () => {
    const { log, lines, parsed } = recordingLogger();
    const long = 'x'.repeat(10_000);
    const many = Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`f${i}`, long]));

    log.info('big', many);
    log.info('list', { items: Array.from({ length: 500 }, () => long) });

    expect(Math.max(...lines().map((line) => line.length))).to.be.below(MAX_VALUE_CHARS * 40);
    expect(parsed()[0].f0).to.have.length(MAX_VALUE_CHARS + 1);
  });

  it('shows an error as name, code, frames and causes, never as its message', () => {
    const { log, lines, parsed } = recordingLogger();
    const cause = Object.assign(new Error('token s3cret'), { code: 'ECONNREFUSED' });
    const error = new TypeError('argument s3cret\n    at s3cret', { cause });

    log.error('failed', { error });

    expect(lines().join('')).to.not.include('s3cret');
    const shown = parsed()[0].error;
    expect(shown.name).to.equal('TypeError');
    expect(shown.at[0]).to.include('log.test.ts');
    expect(shown.cause.code).to.equal('ECONNREFUSED');
  });

  const throwing: readonly { name: string; fields: () => Record<string, LogValue> }[] = [
    {
      name: 'a field whose getter throws',
      fields: () => ({
        get bad(): string {
          throw new Error('no');
        },
      }),
    },
    {
      name: 'an error whose stack throws',
      fields: () => {
        const error = new Error('x');
        Object.defineProperty(error, 'stack', {
          get() {
            throw new Error('no');
          },
        });
        return { error };
      },
    },
  ];
  for (const { name, fields } of throwing) {
    it(`survives ${name} and says that a line was lost`, () => {
      const { log, parsed } = recordingLogger();
      const given = fields();

      log.info('bad', given);
      log.info('good');

      expect(parsed().map(({ msg }) => msg)).to.deep.equal(['good', 'log lines dropped']);
    });
  }

  it('survives a stderr that is gone', () => {
    const log = createLogger({
      level: 'info',
      now: () => '',
      write: () => {
        throw new Error('EPIPE');
      },
    });

    expect(() => log.error('x')).to.not.throw();
  });

  it('drops and counts lines when one turn logs without end', () => {
    const { log, parsed } = recordingLogger();

    for (let i = 0; i < 5000; i += 1) {
      log.info('again');
    }

    const lines = parsed();
    expect(lines).to.have.length(1001);
    expect(lines.at(-1)).to.include({ msg: 'log lines dropped', lines: 4000 });
  });
});
