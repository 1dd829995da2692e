import { expect } from 'chai';
import type { JsonValue } from '#core/mcp/messages.ts';
import { listTools, MAX_TOOLS, type PageAnswer } from './tool-listing.ts';

const page = (result: JsonValue, sizeBytes = 100): PageAnswer => ({
  kind: 'result',
  result,
  sizeBytes,
});
const tools = (...names: readonly string[]) => names.map((name) => ({ name }));

/** Answers with these pages, one for each question; the last one for ever. */
function sourceOf(...pages: readonly PageAnswer[]) {
  const cursors: (string | undefined)[] = [];
  const told: string[] = [];
  const ask = (cursor: string | undefined): Promise<PageAnswer> => {
    cursors.push(cursor);
    const answer = pages[Math.min(cursors.length, pages.length) - 1];
    if (answer === undefined) throw new Error('no page');
    return Promise.resolve(answer);
  };
  const onPage = (seen: readonly { readonly name: string }[], isLast: boolean): void =>
    void told.push(`${seen.map(({ name }) => name).join()}${isLast ? '.' : ','}`);
  return { cursors, told, ask, onPage };
}

describe('a list of tools', () => {
  it('is asked for page by page, with the cursor of the page before', async () => {
    const source = sourceOf(
      page({ tools: tools('a', 'b'), nextCursor: 'x' }),
      page({ tools: [], nextCursor: '' }),
      page({ tools: tools('c') }),
    );

    const listing = await listTools(source);

    expect(source.cursors).to.deep.equal([undefined, 'x', '']);
    expect(listing.kind === 'complete' && listing.tools.map(({ name }) => name)).to.deep.equal([
      'a',
      'b',
      'c',
    ]);
    expect(source.told).to.deep.equal(['a,b,', ',', 'c.']);
  });

  it('is empty when the server knows no such method', async () => {
    const listing = await listTools(sourceOf({ kind: 'noTools' }));

    expect(listing).to.deep.equal({ kind: 'complete', tools: [] });
  });

  it('is refused as the page is, and what came before is known all the same', async () => {
    const refusal = { code: 'upstream_unavailable', reason: 'gone' } as const;
    const source = sourceOf(page({ tools: tools('a'), nextCursor: 'x' }), {
      kind: 'refused',
      refusal,
    });

    expect(await listTools(source)).to.deep.equal({ kind: 'refused', refusal });
    expect(source.told).to.deep.equal(['a,']);
  });

  const endless: readonly { readonly name: string; readonly answer: PageAnswer; asks: number }[] = [
    { name: 'pages', answer: page({ tools: [], nextCursor: 'x' }), asks: 100 },
    {
      name: 'tools',
      answer: page({
        tools: tools(...Array.from({ length: MAX_TOOLS / 2 }, String)),
        nextCursor: 'x',
      }),
      asks: 3,
    },
    { name: 'bytes', answer: page({ tools: [], nextCursor: 'x' }, 20_000_000), asks: 2 },
  ];
  for (const { name, answer, asks } of endless) {
    it(`is refused when it has ${name} without end`, async () => {
      const source = sourceOf(answer);

      const listing = await listTools(source);

      expect(listing).to.have.nested.property('refusal.code', 'upstream_invalid');
      expect(source.cursors).to.have.length(asks);
    });
  }

  const unreadable: readonly { readonly name: string; readonly result: JsonValue }[] = [
    { name: 'is no list', result: { tools: 'a' } },
    { name: 'has a cursor as long as a book', result: { tools: [], nextCursor: 'x'.repeat(5000) } },
  ];
  for (const { name, result } of unreadable) {
    it(`is refused when it ${name}`, async () => {
      const listing = await listTools(sourceOf(page(result)));

      expect(listing).to.have.nested.property('refusal.code', 'upstream_invalid');
      expect(JSON.stringify(listing)).to.not.include('xxx');
    });
  }
});
