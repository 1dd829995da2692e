// Lines from the front and from the end of a file, byte for byte, in bounded memory.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import fc from 'fast-check';
import { readFileEnd } from './file-end.ts';
import { readLines, splitLines } from './lines.ts';

describe('splitLines', () => {
  async function split(chunks: readonly Buffer[], maxLineBytes = 100) {
    const lines = [];
    for await (const { bytes, ...rest } of splitLines(chunks, maxLineBytes)) {
      lines.push({ text: Buffer.from(bytes).toString('latin1'), ...rest });
    }
    return lines;
  }

  it('gives back every byte, however the chunks are cut', async () => {
    const content = fc.stringMatching(/^[ab\n]*$/);
    await fc.assert(
      fc.asyncProperty(content, fc.integer({ min: 1, max: 7 }), async (text, size) => {
        const chunks = [];
        for (let at = 0; at < text.length; at += size) {
          chunks.push(Buffer.from(text.slice(at, at + size)));
        }

        const lines = await split(chunks);

        expect(lines.map((line) => line.text + (line.isWhole ? '\n' : '')).join('')).to.equal(text);
        expect(lines.map(({ number }) => number)).to.deep.equal(lines.map((_, index) => index + 1));
      }),
    );
  });

  it('passes over a line that is too long and says so', async () => {
    const lines = await split([Buffer.from('ab\n'), Buffer.from('abcdef'), Buffer.from('g\nc')], 4);

    expect(lines).to.deep.equal([
      { number: 1, text: 'ab', isWhole: true, isTooLong: false },
      { number: 2, text: '', isWhole: true, isTooLong: true },
      { number: 3, text: 'c', isWhole: false, isTooLong: false },
    ]);
  });

  it('says so of an unfinished line that is too long', async () => {
    expect(await split([Buffer.from('abcdef')], 4)).to.deep.equal([
      { number: 1, text: '', isWhole: false, isTooLong: true },
    ]);
  });
});

describe('lines of a file', () => {
  let folder: string;
  let file: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gatehouse-lines-'));
    file = join(folder, 'lines');
  });

  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('are read no further than asked, though the file goes on', async () => {
    await writeFile(file, 'one\ntwo\nthree\n');

    const texts = [];
    for await (const { bytes, isWhole } of readLines(file, { maxLineBytes: 100, sizeBytes: 6 })) {
      texts.push([Buffer.from(bytes).toString(), isWhole]);
    }

    expect(texts).to.deep.equal([
      ['one', true],
      ['tw', false],
    ]);
  });

  const ends = [
    { content: '', window: 10, texts: [], restBytes: 0 },
    { content: 'a\n', window: 10, texts: ['a'], restBytes: 0 },
    { content: '\n\n', window: 10, texts: ['', ''], restBytes: 0 },
    { content: 'a\nbb\ncc', window: 10, texts: ['bb', 'a'], restBytes: 2 },
    { content: 'aaaaaa\nbb\n', window: 5, texts: ['bb'], restBytes: 0 },
    { content: 'a\nbbbbbbbb', window: 5, texts: [], restBytes: 5 },
    { content: 'abc', window: 10, texts: [], restBytes: 3 },
  ];
  for (const { content, window, texts, restBytes } of ends) {
    it(`are read from the end of ${JSON.stringify(content)} in ${window} bytes`, async () => {
      await writeFile(file, content);

      const end = await readFileEnd(file, window);

      expect(end.lines.map(({ bytes }) => Buffer.from(bytes).toString())).to.deep.equal(texts);
      expect(end.restBytes).to.equal(restBytes);
      for (const { bytes, endBytes } of end.lines) {
        const line = content.slice(endBytes - bytes.length - 1, endBytes);
        expect(line).to.equal(`${Buffer.from(bytes).toString()}\n`);
      }
    });
  }

  it('are none when the file does not exist', async () => {
    expect(await readFileEnd(file, 10)).to.deep.equal({ lines: [], restBytes: 0, sizeBytes: 0 });
  });
});
