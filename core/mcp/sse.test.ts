// Events are the same however the bytes arrive, and what is forwarded raw is what came.

import { expect } from 'chai';
import fc from 'fast-check';
import { encodeSseEvent, SseDecoder, type SseEvent, type SseItem } from './sse.ts';

const LIMIT = { maxEventBytes: 1000 };

describe('SseDecoder', () => {
  const cases: readonly { name: string; text: string; events: readonly object[] }[] = [
    { name: 'one line of data', text: 'data: {"a":1}\n\n', events: [{ data: '{"a":1}' }] },
    { name: 'data without a space', text: 'data:x\n\n', events: [{ data: 'x' }] },
    { name: 'data with two spaces', text: 'data:  x\n\n', events: [{ data: ' x' }] },
    {
      name: 'several lines of data',
      text: 'data: a\ndata:\ndata: b\n\n',
      events: [{ data: 'a\n\nb' }],
    },
    {
      name: 'every field',
      text: 'event: message\nid: 7\nretry: 5000\ndata: x\n\n',
      events: [{ event: 'message', id: '7', retry: 5000, data: 'x' }],
    },
    {
      name: 'a priming event',
      text: 'id: 1\nretry: 100\ndata: \n\n',
      events: [{ id: '1', retry: 100, data: '' }],
    },
    { name: 'an event without data', text: 'id: 1\n\n', events: [{ id: '1' }] },
    { name: 'a field without colon', text: 'data\n\n', events: [{ data: '' }] },
    { name: 'an empty id', text: 'id\ndata: x\n\n', events: [{ id: '', data: 'x' }] },
    { name: 'an id with NUL', text: 'id: a\0b\ndata: x\n\n', events: [{ data: 'x' }] },
    { name: 'a retry that is no number', text: 'retry: 1s\ndata: x\n\n', events: [{ data: 'x' }] },
    {
      name: 'the last of two ids',
      text: 'id: 1\nid: 2\ndata: x\n\n',
      events: [{ id: '2', data: 'x' }],
    },
    { name: 'unknown fields', text: 'foo: bar\ndata: x\n\n', events: [{ data: 'x' }] },
    {
      name: 'a longer name that begins like data',
      text: 'data-x: y\ndata: x\n\n',
      events: [{ data: 'x' }],
    },
    { name: 'a name in capitals', text: 'DATA: y\ndata: x\n\n', events: [{ data: 'x' }] },
    { name: 'a byte order mark', text: '\ufeffdata: x\n\n', events: [{ data: 'x' }] },
    {
      name: 'a byte order mark in the second event',
      text: 'data: x\n\n\ufeffdata: y\n\n',
      events: [{ data: 'x' }],
    },
    { name: 'CR lines', text: 'data: x\r\rdata: y\r\r', events: [{ data: 'x' }, { data: 'y' }] },
    {
      name: 'CRLF lines',
      text: 'data: x\r\n\r\ndata: y\r\n\r\n',
      events: [{ data: 'x' }, { data: 'y' }],
    },
    {
      name: 'mixed line ends',
      text: 'data: x\r\n\ndata: y\n\rdata: z\r\r\n',
      events: [{ data: 'x' }, { data: 'y' }, { data: 'z' }],
    },
    { name: 'a comment inside', text: 'data: a\n: ping\ndata: b\n\n', events: [{ data: 'a\nb' }] },
    { name: 'comments between', text: ': ping\n\ndata: x\n\n: ping\n\n', events: [{ data: 'x' }] },
    { name: 'a block of unknown fields', text: 'foo: bar\n\ndata: x\n\n', events: [{ data: 'x' }] },
    { name: 'an unfinished event', text: 'data: x\n\ndata: y\n', events: [{ data: 'x' }] },
    { name: 'UTF-8', text: 'data: 😀é\n\n', events: [{ data: '😀é' }] },
    { name: 'nothing', text: '', events: [] },
  ];
  for (const { name, text, events } of cases) {
    it(`reads ${name}`, () => {
      expect(eventsOf(decode([Buffer.from(text)]))).to.deep.equal(events);
    });

    it(`reads ${name} byte by byte`, () => {
      const bytes = [...Buffer.from(text)].map((byte) => Uint8Array.of(byte));

      expect(eventsOf(decode(bytes))).to.deep.equal(events);
    });
  }

  it('forwards a comment before its block ends, since it is a sign of life', () => {
    const items = new SseDecoder(LIMIT).push(Buffer.from(': ping\n'));

    expect(items).to.have.length(1);
    expect(items[0]).to.have.property('kind', 'filler');
  });

  it('gives an event as soon as a CR ends it, and the LF that follows by itself', () => {
    const decoder = new SseDecoder(LIMIT);

    const first = decoder.push(Buffer.from('data: x\r\n\r'));
    const second = decoder.push(Buffer.from('\ndata: y\r\n\r\n'));

    expect(first.map(rawOf)).to.deep.equal(['data: x\r\n\r']);
    expect(second.map(rawOf)).to.deep.equal(['\n', 'data: y\r\n\r\n']);
  });

  it('takes an event of the limit and faults on one byte more', () => {
    const event = `data: ${'x'.repeat(LIMIT.maxEventBytes - 8)}\n\n`;

    const atLimit = decode([Buffer.from(event)]);
    const overLimit = decode([Buffer.from(`data: a\n\n${event.replace('x', 'xx')}data: b\n\n`)]);

    expect(eventsOf(atLimit)).to.have.length(1);
    expect(overLimit.map((item) => item.kind)).to.deep.equal(['event', 'fault']);
  });

  it('faults on an event that never ends, and takes nothing after it', () => {
    const decoder = new SseDecoder(LIMIT);

    const items = Array.from({ length: 30 }, () => decoder.push(Buffer.alloc(100, 'x'))).flat();

    expect(items).to.deep.equal([
      { kind: 'fault', reason: 'a server-sent event is over 1000 bytes' },
    ]);
    expect(decoder.push(Buffer.from('\n\ndata: x\n\n'))).to.deep.equal([]);
    expect(decoder.pendingBytes).to.equal(0);
  });

  it('faults on an endless comment', () => {
    const items = decode([Buffer.from(`: ${'x'.repeat(1000)}\n\n`)]);

    expect(items.map((item) => item.kind)).to.deep.equal(['fault']);
  });

  it('tells how much of an event is missing its end', () => {
    const decoder = new SseDecoder(LIMIT);

    decoder.push(Buffer.from('data: x\n\ndata: y\n'));

    expect(decoder.pendingBytes).to.equal('data: y\n'.length);
  });

  it('does not share memory that later chunks overwrite', () => {
    const decoder = new SseDecoder(LIMIT);
    decoder.push(Buffer.from('data: first'));
    const [first] = decoder.push(Buffer.from('\n\ndata: sec'));
    decoder.push(Buffer.from('ond and much longer than the first\n\n'));

    expect(rawOf(first!)).to.equal('data: first\n\n');
  });

  it('reads a long event in small chunks in linear time', () => {
    const decoder = new SseDecoder({ maxEventBytes: 8_000_000 });
    const chunk = Buffer.alloc(1000, 'x');

    decoder.push(Buffer.from('data: '));
    for (let i = 0; i < 4000; i += 1) decoder.push(chunk);
    const items = decoder.push(Buffer.from('\n\n'));

    expect(items).to.have.length(1);
    expect(items[0]).to.have.nested.property('data.length', 4_000_000);
  });

  it('gives the same events and loses no byte, however a stream is cut', () => {
    const pieces = fc.constantFrom(
      ...['data: x', 'data:', 'data: é😀', 'event: m', 'id: 1', 'id', 'retry: 10', ': ping', ':'],
      ...['foo: bar', '\n', '\n', '\n\n', '\r', '\r\n', '\r\n\r\n', '\ufeff', ' '],
    );
    const streams = fc.array(pieces, { maxLength: 30 }).map((parts) => Buffer.from(parts.join('')));

    fc.assert(
      fc.property(streams, fc.array(fc.integer({ min: 1, max: 9 })), (bytes, sizes) => {
        const chunks = cut(bytes, sizes);
        const decoder = new SseDecoder(LIMIT);

        const items = chunks.flatMap((chunk) => decoder.push(chunk));

        expect(eventsOf(items)).to.deep.equal(eventsOf(decode([bytes])));
        expect(eventsOf(items)).to.deep.equal(readSlowly(bytes.toString('utf8')));
        const raw = Buffer.concat(
          items.flatMap((item) => (item.kind === 'fault' ? [] : [item.raw])),
        );
        expect(raw.length + decoder.pendingBytes).to.equal(bytes.length);
        expect(raw.equals(bytes.subarray(0, raw.length))).to.equal(true);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('encodeSseEvent', () => {
  const cases = [
    { fields: {}, text: '\n' },
    { fields: { data: 'x' }, text: 'data: x\n\n' },
    { fields: { data: '' }, text: 'data: \n\n' },
    { fields: { id: '1' }, text: 'id: 1\n\n' },
    { fields: { data: 'a\nb\r\nc\rd' }, text: 'data: a\ndata: b\ndata: c\ndata: d\n\n' },
    {
      fields: { id: '1', event: 'message', retry: 50, data: ' {}' },
      text: 'id: 1\nevent: message\nretry: 50\ndata:  {}\n\n',
    },
  ];
  for (const { fields, text } of cases) {
    it(`writes ${JSON.stringify(text)}`, () => {
      expect(encode(fields)).to.equal(text);
    });
  }

  for (const value of ['a\nb', 'a\rb']) {
    it(`throws on ${JSON.stringify(value)} as id or event`, () => {
      expect(() => encode({ id: value })).to.throw(RangeError);
      expect(() => encode({ event: value })).to.throw(RangeError);
    });
  }

  it('throws on NUL in an id, which readers would ignore, and writes it in the name of an event', () => {
    expect(() => encode({ id: 'a\0b' })).to.throw(RangeError);
    expect(encode({ event: 'a\0b' })).to.equal('event: a\0b\n\n');
  });

  it('gives back what was read', () => {
    const word = fc.string({ unit: 'grapheme' }).filter((text) => !/[\r\n\0]/.test(text));
    const fields = fc.record(
      { id: word, event: word, retry: fc.nat(), data: fc.string({ unit: 'grapheme' }) },
      { requiredKeys: [] },
    );

    fc.assert(
      fc.property(fields, (drawn) => {
        fc.pre(Object.keys(drawn).length > 0);
        const data = drawn.data?.replaceAll(/\r\n?/g, '\n');

        const [event] = eventsOf(decode([Buffer.from(encode(drawn))]));

        expect(event).to.deep.equal(data === undefined ? drawn : { ...drawn, data });
      }),
    );
  });
});

function decode(chunks: readonly Uint8Array[]): SseItem[] {
  const decoder = new SseDecoder(LIMIT);
  return chunks.flatMap((chunk) => decoder.push(chunk));
}

function eventsOf(items: readonly SseItem[]): object[] {
  return items
    .filter((item): item is SseEvent => item.kind === 'event')
    .map(({ kind: _, raw: __, data, ...fields }) =>
      data === undefined ? fields : { ...fields, data: Buffer.from(data).toString('utf8') },
    );
}

function rawOf(item: SseItem): string {
  return item.kind === 'fault' ? item.reason : Buffer.from(item.raw).toString('utf8');
}

function encode(fields: { id?: string; event?: string; retry?: number; data?: string }): string {
  const { data, ...others } = fields;
  const given = data === undefined ? others : { ...others, data: Buffer.from(data) };
  return Buffer.from(encodeSseEvent(given)).toString('utf8');
}

function cut(bytes: Uint8Array, sizes: readonly number[]): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  let from = 0;
  for (const size of sizes) {
    chunks.push(Uint8Array.from(bytes.subarray(from, from + size)));
    from += size;
  }
  return [...chunks, bytes.subarray(from)];
}

/** WHATWG HTML 9.2.6 on the whole text at once. */
function readSlowly(text: string): object[] {
  const lines = text.replace(/^\ufeff/, '').split(/\r\n|\r|\n/);
  const events: object[] = [];
  let block: string[] = [];
  for (const line of lines.slice(0, -1)) {
    if (line !== '') {
      block.push(line);
      continue;
    }
    const fields = fieldsOf(block);
    if (Object.keys(fields).length > 0) events.push(fields);
    block = [];
  }
  return events;
}

function fieldsOf(lines: readonly string[]): Record<string, unknown> {
  const fields: Record<string, unknown> = {};
  for (const line of lines) {
    const [, name, value] = /^([^:]*)(?::[ ]?(.*))?$/s.exec(line) ?? [];
    if (name === 'data')
      fields.data = fields.data === undefined ? (value ?? '') : `${fields.data}\n${value ?? ''}`;
    if (name === 'id' || name === 'event') fields[name] = value ?? '';
    if (name === 'retry' && /^\d+$/.test(value ?? '')) fields.retry = Number(value);
  }
  return fields;
}
