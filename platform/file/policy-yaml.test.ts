import { expect } from 'chai';
import { readYaml, type YamlDocument } from './policy-yaml.ts';

function documents(text: string): readonly YamlDocument[] {
  const reading = readYaml(text);
  if (!reading.ok) throw new Error(JSON.stringify(reading.problems));
  return reading.documents;
}

function problems(text: string): string[] {
  const reading = readYaml(text);
  return reading.ok
    ? []
    : reading.problems.map(({ line, path, message }) => `${line}:${path}: ${message}`);
}

const NOT_PLAIN = 'reads differently in Kubernetes (YAML 1.1): put it in quotes';

describe('readYaml', () => {
  it('reads block and flow, quotes and comments, and JSON', () => {
    const [yaml] = documents('a: [1, "yes", {b: true}] # c\nd: |\n  text\ne:\n');
    const [json] = documents('{"a": [1, "yes", {"b": true}], "d": "text\\n", "e": null}');

    expect(yaml?.value).to.deep.equal({ a: [1, 'yes', { b: true }], d: 'text\n', e: null });
    expect(json?.value).to.deep.equal(yaml?.value);
  });

  it('reads several documents and passes over empty ones', () => {
    const found = documents('---\na: 1\n---\n# nothing\n---\nb: 2\n');

    expect(found.map(({ value }) => value)).to.deep.equal([{ a: 1 }, { b: 2 }]);
    expect(documents('')).to.deep.equal([]);
    expect(documents('# nothing\n')).to.deep.equal([]);
  });

  it('finds the line of a field, an entry and what is nearest above a missing one', () => {
    const [, second] = documents('x: 1\n---\na:\n  b:\n  - c: 1\n  - c: 2\n    d: {e: 1}\n');

    expect(second?.lineOf(['a', 'b', 1, 'd', 'e'])).to.equal(7);
    expect(second?.lineOf(['a', 'b', 0])).to.equal(5);
    expect(second?.lineOf(['a', 'b', 1, 'missing', 'deeper'])).to.equal(6);
    expect(second?.lineOf(['missing'])).to.equal(3);
    expect(second?.lineOf([])).to.equal(3);
  });

  it('takes no field from a prototype', () => {
    const [document] = documents('__proto__: {admin: true}\n');

    const entries = Object.entries(Object(document?.value));

    expect(entries).to.deep.equal([['__proto__', { admin: true }]]);
    expect(Object(document?.value).admin).to.equal(undefined);
  });

  const refused: { name: string; text: string; problem: string }[] = [
    { name: 'a key given twice', text: 'a: 1\nb: 2\na: 3\n', problem: '3:a: is given twice' },
    {
      name: 'a key given twice in other quotes',
      text: 's: {a: 1, "a": 2}\n',
      problem: '1:s.a: is given twice',
    },
    {
      name: 'an alias',
      text: 'a: &x [1]\nb: [*x]\n',
      problem: '2:b[0]: must not be an alias: write the value out',
    },
    {
      name: 'a merge key',
      text: 'a: 1\n<<: {b: 1}\n',
      problem: '2:["<<"]: merge keys are not allowed: write the fields out',
    },
    { name: 'a tag', text: 'a: !!str 5\n', problem: '1:a: must not have a tag' },
    { name: 'a boolean of YAML 1.1', text: 'a: [get, on]\n', problem: `1:a[1]: ${NOT_PLAIN}` },
    { name: 'an octal number', text: 'port: 010\n', problem: `1:port: ${NOT_PLAIN}` },
    { name: 'a number in base 60', text: 'a: 12:30\n', problem: `1:a: ${NOT_PLAIN}` },
    { name: 'a number with underscores', text: 'a: 1_000\n', problem: `1:a: ${NOT_PLAIN}` },
    { name: 'a key that is a boolean there', text: 'a: {y: 1}\n', problem: `1:a.y: ${NOT_PLAIN}` },
    {
      name: 'nesting without end',
      text: `${'['.repeat(40)}1${']'.repeat(40)}`,
      problem: `1:${'[0]'.repeat(33)}: is nested deeper than 32 levels`,
    },
  ];
  for (const { name, text, problem } of refused) {
    it(`refuses ${name}, with its line`, () => {
      expect(problems(text)).to.deep.equal([problem]);
    });
  }

  it('takes in quotes what it refuses plain', () => {
    expect(documents('a: ["on", "010", \'12:30\', "1_000"]\n')).to.have.length(1);
  });

  it('refuses what is no YAML, with its line', () => {
    const [problem] = problems('a: 1\nb: [1\nc: 2\n');

    expect(problem).to.match(/^3:: YAML: /);
  });

  it('refuses an alias bomb before it goes off', () => {
    const lines = Array.from({ length: 40 }, (_, i) => `a${i + 1}: &a${i + 1} [*a${i}, *a${i}]`);

    expect(problems(`a0: &a0 [x]\n${lines.join('\n')}\n`)).to.have.length(80);
  });

  for (const wall of ['[', '{a: ', '- ', '? ', '- - ? ']) {
    it(`refuses a wall of "${wall}" without parsing it`, () => {
      const text = wall.repeat(1_000_000 / wall.length);

      expect(problems(text)).to.deep.equal(['1:: is nested beyond reason']);
    }).timeout(10_000);
  }

  it('takes brackets in text', () => {
    expect(documents(`a: "${'['.repeat(500)}"\nb: '${'- '.repeat(60)}'\n`)).to.have.length(1);
  });

  it('names at most a hundred problems', () => {
    expect(problems('a: 1\n'.repeat(1000))).to.have.length(100);
  });
});
