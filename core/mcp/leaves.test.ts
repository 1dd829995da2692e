// The walk meets every string of a message, once, with its path and its bytes.

import { expect } from 'chai';
import fc from 'fast-check';
import { stringLeaves } from './leaves.ts';
import { bytesOf, type OddJson, oddJson, textOf } from './odd-json.testkit.ts';
import { decodeString, type PathStep } from './spans.ts';

interface Leaf {
  readonly path: readonly PathStep[];
  readonly text: string;
}

describe('stringLeaves', () => {
  it('names each string by its path', () => {
    const text = ' { "a":["x",{"b":"y"},[],{},["z"]], "n":1, "": "w" } ';

    expect(leavesOf(text)).to.deep.equal([
      { path: ['a', 0], text: 'x' },
      { path: ['a', 1, 'b'], text: 'y' },
      { path: ['a', 4, 0], text: 'z' },
      { path: [''], text: 'w' },
    ]);
  });

  const cases = [
    { text: '"x"', count: 1 },
    { text: '1', count: 0 },
    { text: '[]', count: 0 },
    { text: '{}', count: 0 },
    { text: '[[],"x"]', count: 1 },
    { text: '{"a":{},"b":"x"}', count: 1 },
    { text: `${'['.repeat(50_000)}"x"${']'.repeat(50_000)}`, count: 1 },
  ];
  for (const { text, count } of cases) {
    it(`finds ${count} in ${text.slice(0, 20)}`, () => {
      expect([...stringLeaves(bytesOf(text))]).to.have.length(count);
    });
  }

  it('meets the same strings as a recursive walk, in odd texts', () => {
    fc.assert(
      fc.property(oddJson({ unique: true, wellFormed: true }), (json) => {
        expect(leavesOf(textOf(json))).to.deep.equal(walk(json, []));
      }),
      { numRuns: 1000 },
    );
  });
});

function leavesOf(text: string): Leaf[] {
  const bytes = bytesOf(text);
  return Array.from(stringLeaves(bytes), ({ path, span }) => ({
    path: [...path],
    text: decodeString(bytes, span),
  }));
}

function walk(json: OddJson, path: readonly PathStep[]): Leaf[] {
  switch (json.kind) {
    case 'scalar':
      return [];
    case 'string':
      return [{ path, text: json.value }];
    case 'array':
      return json.items.flatMap((item, index) => walk(item, [...path, index]));
    case 'object':
      return json.members.flatMap(([key, value]) => walk(value, [...path, key.value]));
  }
}
