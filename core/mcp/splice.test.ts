// A splice changes the bytes it was told to and no others, and what comes out is JSON again.

import { expect } from 'chai';
import fc from 'fast-check';
import { bytesOf, oddJson, textOf } from './odd-json.testkit.ts';
import { locate, rootSpan } from './spans.ts';
import { type Edit, removeElements, removeMember, setMember, splice } from './splice.ts';

const edit = (start: number, end: number, text: string): Edit => ({
  start,
  end,
  replacement: bytesOf(text),
});

describe('splice', () => {
  const cases: readonly { name: string; edits: readonly Edit[]; text: string }[] = [
    { name: 'replaces', edits: [edit(2, 4, 'XYZ')], text: 'abXYZefgh' },
    { name: 'inserts', edits: [edit(3, 3, 'X')], text: 'abcXdefgh' },
    { name: 'removes', edits: [edit(0, 8, '')], text: '' },
    { name: 'sorts', edits: [edit(6, 8, 'Z'), edit(0, 1, 'X')], text: 'XbcdefZ' },
    { name: 'joins neighbours', edits: [edit(2, 4, ''), edit(4, 6, 'X')], text: 'abXgh' },
    {
      name: 'inserts before what it removes',
      edits: [edit(2, 4, ''), edit(2, 2, 'X')],
      text: 'abXefgh',
    },
    { name: 'appends', edits: [edit(8, 8, 'X')], text: 'abcdefghX' },
  ];
  for (const { name, edits, text } of cases) {
    it(name, () => {
      expect(textFrom(splice(bytesOf('abcdefgh'), edits))).to.equal(text);
    });
  }

  it('gives back the same bytes when there is nothing to do', () => {
    const bytes = bytesOf('{}');

    expect(splice(bytes, [])).to.equal(bytes);
  });

  it('leaves its input alone', () => {
    const bytes = bytesOf('abc');

    splice(bytes, [edit(0, 3, 'xyz')]);

    expect(textFrom(bytes)).to.equal('abc');
  });

  for (const edits of [
    [edit(0, 3, ''), edit(2, 4, '')],
    [edit(7, 9, '')],
    [edit(4, 2, '')],
    [edit(-1, 2, '')],
  ]) {
    it(`throws on ${edits.map(({ start, end }) => `[${start}, ${end})`).join(' with ')}`, () => {
      expect(() => splice(bytesOf('abcdefgh'), edits)).to.throw(RangeError);
    });
  }

  it('keeps every byte outside the edits', () => {
    const drawn = fc
      .tuple(fc.uint8Array({ maxLength: 60 }), fc.array(fc.nat(60), { maxLength: 8 }))
      .map(([bytes, cuts]) => {
        const sorted = cuts.map((cut) => Math.min(cut, bytes.length)).sort((a, b) => a - b);
        const edits: Edit[] = [];
        for (let i = 0; i + 1 < sorted.length; i += 2)
          edits.push(edit(sorted[i]!, sorted[i + 1]!, '#'));
        return { bytes, edits };
      });

    fc.assert(
      fc.property(drawn, ({ bytes, edits }) => {
        let kept = '';
        let from = 0;
        for (const { start, end } of edits) {
          kept += `${Buffer.from(bytes.subarray(from, start)).toString('latin1')}#`;
          from = end;
        }
        kept += Buffer.from(bytes.subarray(from)).toString('latin1');

        expect(Buffer.from(splice(bytes, edits)).toString('latin1')).to.equal(kept);
      }),
    );
  });
});

describe('removeElements', () => {
  const cases = [
    { text: '[1, 2 ,3]', keep: [0, 1, 2], left: '[1, 2 ,3]' },
    { text: '[1, 2 ,3]', keep: [1, 2], left: '[2 ,3]' },
    { text: '[1, 2 ,3]', keep: [0, 2], left: '[1 ,3]' },
    { text: '[1, 2 ,3]', keep: [0, 1], left: '[1, 2]' },
    { text: '[1, 2 ,3]', keep: [2], left: '[3]' },
    { text: '[1, 2 ,3]', keep: [0], left: '[1]' },
    { text: '[ 1, 2 ,3 ]', keep: [1], left: '[ 2 ]' },
    { text: '[ 1, 2 ,3 ]', keep: [], left: '[  ]' },
    { text: '[1]', keep: [], left: '[]' },
    { text: '[]', keep: [], left: '[]' },
    { text: '[{"a":[1,2]},"],",3]', keep: [1], left: '["],"]' },
  ];
  for (const { text, keep, left } of cases) {
    it(`leaves ${left} of ${text}`, () => {
      const bytes = bytesOf(text);

      const edits = removeElements(bytes, rootSpan(bytes), (index) => keep.includes(index));

      expect(textFrom(splice(bytes, edits))).to.equal(left);
    });
  }

  it('leaves exactly what is kept, in odd texts', () => {
    const drawn = fc.tuple(
      fc.array(oddJson({ unique: true, wellFormed: true }).map(textOf), { maxLength: 6 }),
      fc.array(fc.boolean(), { minLength: 6, maxLength: 6 }),
    );

    fc.assert(
      fc.property(drawn, ([items, kept]) => {
        const text = `{"r" :{"tools":[ ${items.join(' ,\n')} ], "x":1 } }`;
        const bytes = bytesOf(text);
        const array = locate(bytes, ['r', 'tools'])!;

        const spliced = splice(
          bytes,
          removeElements(bytes, array, (index) => kept[index]!),
        );

        const left = items.filter((_, index) => kept[index]);
        expect(JSON.parse(textFrom(spliced))).to.deep.equal(
          JSON.parse(`{"r":{"tools":[${left.join()}],"x":1}}`),
        );
        for (const item of left) expect(textFrom(spliced)).to.contain(item);
      }),
      { numRuns: 500 },
    );
  });
});

describe('setMember', () => {
  const cases = [
    { text: '{"a":1,"b":2}', key: 'a', set: '{"a":9,"b":2}' },
    { text: '{"a" : [1] }', key: 'a', set: '{"a" : 9 }' },
    { text: '{"\\u0061":1}', key: 'a', set: '{"\\u0061":9}' },
    { text: '{"b":1 }', key: 'a', set: '{"b":1,"a":9 }' },
    { text: '{ }', key: 'a', set: '{"a":9 }' },
    { text: '{}', key: 'a"b', set: '{"a\\"b":9}' },
    { text: '{"b":{"a":1}}', key: 'a', set: '{"b":{"a":1},"a":9}' },
  ];
  for (const { text, key, set } of cases) {
    it(`makes ${set} of ${text}`, () => {
      const bytes = bytesOf(text);

      const edits = [setMember(bytes, rootSpan(bytes), key, '9')];

      expect(textFrom(splice(bytes, edits))).to.equal(set);
    });
  }
});

function textFrom(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('utf8');
}

describe('removeMember', () => {
  const cases: { name: string; text: string; key: string; left: string }[] = [
    { name: 'the only one', text: '{ "a" : 1 }', key: 'a', left: '{  }' },
    { name: 'the first', text: '{"a":1, "b":2}', key: 'a', left: '{"b":2}' },
    { name: 'one in the middle', text: '{"a":1, "b":2 ,"c":3}', key: 'b', left: '{"a":1 ,"c":3}' },
    { name: 'the last', text: '{"a":1 , "b":[2,{"b":3}]}', key: 'b', left: '{"a":1}' },
    { name: 'by its decoded name', text: '{"\\u0061":1,"b":2}', key: 'a', left: '{"b":2}' },
  ];
  for (const { name, text, key, left } of cases) {
    it(`removes ${name} with one comma`, () => {
      const bytes = Buffer.from(text);
      const edit = removeMember(bytes, rootSpan(bytes), key);

      const found = splice(bytes, edit === undefined ? [] : [edit]);

      expect(Buffer.from(found).toString()).to.equal(left);
    });
  }

  it('finds nothing to remove where the name does not stand', () => {
    const bytes = Buffer.from('{"a":{"b":1}}');

    expect(removeMember(bytes, rootSpan(bytes), 'b')).to.equal(undefined);
  });
});
