import { expect } from 'chai';
import type { JsonObject } from '#core/mcp/messages.ts';
import { createConditionCompiler } from './cel.ts';
import { celInput, UnjudgeableValue } from './cel-input.ts';
import { callTool, principalOf, request } from './policies.fixture.ts';

const compiler = createConditionCompiler();

const ADA = principalOf({
  groups: ['engineering'],
  scopes: ['mcp:read'],
  clientId: 'agent-1',
  claims: { department: 'finance', level: 3, nested: { roles: ['a'] } },
  actors: [{ subject: 'bot' }],
});

/** `true`, `false`, or the code of the failure. */
function evaluate(source: string, args: JsonObject, principal = ADA): boolean | string {
  const compiled = compiler.compile(source);
  if (!compiled.ok) throw new Error(compiled.problems.join('; '));
  const outcome = compiled.condition.test(celInput(principal, callTool('refund', args)));
  return outcome.ok ? outcome.holds : outcome.code;
}

function problems(source: string): readonly string[] {
  const compiled = compiler.compile(source);
  return compiled.ok ? [] : compiled.problems;
}

function warnings(source: string): readonly string[] {
  const compiled = compiler.compile(source);
  return compiled.ok ? compiled.warnings : [];
}

/** As a message arrives: JSON.parse makes own properties of `__proto__` and the like. */
function parsed(json: string): JsonObject {
  return JSON.parse(json);
}

describe('a condition', () => {
  const cases: [source: string, args: JsonObject, outcome: boolean | string][] = [
    // Numbers of JSON are doubles; whole and decimal literals both compare with them.
    ['args.amount > 50', { amount: 51 }, true],
    ['args.amount > 50', { amount: 50 }, false],
    ['args.amount > 50.5', { amount: 51 }, true],
    ['args.amount >= 50', { amount: 50.0 }, true],
    ['args.count == 3', { count: 3 }, true],
    ['args.count == 3', { count: 3.5 }, false],
    ['args.count == 3.0', { count: 3 }, true],
    ['args.count != 3', { count: 4 }, true],
    ['args.count == -1', { count: -1 }, true],
    ['args.count in [1, 2, 3]', { count: 2 }, true],
    ['args.count in [1.0, 2.5]', { count: 2.5 }, true],
    ['args.amount * 2.0 > 100', { amount: 51 }, true],
    ['int(args.count) % 2 == 0', { count: 4 }, true],
    ['args.amount * 2 > 100', { amount: 51 }, 'no_such_overload'],
    ['args.amount > 50', { amount: '51' }, 'no_such_overload'],
    // Absent fields fail, and has() guards them.
    ['args.amount > 50', {}, 'no_such_key'],
    ['has(args.amount) && args.amount > 50', {}, false],
    ['!has(args.amount) || args.amount > 50', {}, true],
    ['has(args.a.b)', { a: {} }, false],
    ['has(args.amount)', { amount: null }, true],
    ['args.amount == null', { amount: null }, true],
    // Texts, lists, maps.
    ['args.to.endsWith("@example.com")', { to: 'a@example.com' }, true],
    ['args.to in ["a", "b"]', { to: 'c' }, false],
    ['"a" in args.tags', { tags: ['a'] }, true],
    ['args.items.all(i, i.price < 10)', { items: [{ price: 1 }, { price: 9.5 }] }, true],
    ['args.items.exists(i, i.price > 10)', { items: [{ price: 1 }] }, false],
    ['args.items.filter(i, i > 1).size() == 1', { items: [1, 2] }, true],
    ['args.items.map(i, i * 2.0) == [2.0, 4.0]', { items: [1, 2] }, true],
    ['size(args.items) <= 2', { items: [1, 2] }, true],
    ['args.items[0] == "a"', { items: ['a'] }, true],
    ['args.options == {"dryRun": true}', { options: { dryRun: true } }, true],
    ['args.options.dryRun', { options: { dryRun: true } }, true],
    ['args.options["dry-run"]', { options: { 'dry-run': false } }, false],
    ['args.text.matches("^[a-z]+$")', { text: 'abc' }, true],
    ['args.text.matches("^[a-z]+$")', { text: 'ab1' }, false],
    ['args.items.all(i, i.matches("^[a-z]+$"))', { items: ['a', 'b1'] }, false],
    ['args.items.map(i, i.lowerAscii()) == ["a"]', { items: ['A'] }, true],
    ['args.text.lowerAscii() == "kill"', { text: 'KILL' }, true],
    ['args.text.lowerAscii() == "kill"', { text: '\u212aILL' }, false],
    ['args.text.upperAscii() == "ABC"', { text: 'abc' }, true],
    ['duration("90m") > duration("1h")', {}, true],
    [
      'timestamp(args.at) < timestamp("2027-01-01T00:00:00Z")',
      { at: '2026-01-01T00:00:00Z' },
      true,
    ],
    // Anything but a bool has not held.
    ['args.flag', { flag: true }, true],
    ['args.flag', { flag: 'true' }, 'not_a_bool'],
    ['args.flag', { flag: 1 }, 'not_a_bool'],
    // What else it sees.
    ['method == "tools/call"', {}, true],
    ['target.kind == "tool" && target.name == "refund"', {}, true],
    ['params.name == "refund"', {}, true],
    ['principal.subject == "ada" && principal.issuerName == "corp"', {}, true],
    ['principal.issuer == "https://idp.example"', {}, true],
    ['"engineering" in principal.groups', {}, true],
    ['"mcp:read" in principal.scopes', {}, true],
    ['principal.claims.department == "finance"', {}, true],
    ['principal.claims.nested.roles[0] == "a"', {}, true],
    ['principal.clientId == "agent-1"', {}, true],
    ['has(principal.person)', {}, false],
    ['principal.person == "ada"', {}, 'no_such_key'],
    ['principal.actors[0].subject == "bot"', {}, true],
    ['args.owner == principal.subject', { owner: 'ada' }, true],
  ];
  for (const [source, args, outcome] of cases) {
    it(`${source} of ${JSON.stringify(args)} is ${outcome}`, () => {
      expect(evaluate(source, args)).to.equal(outcome);
    });
  }

  const hostile: [source: string, json: string, outcome: boolean | string][] = [
    ['has(args.constructor)', '{}', false],
    ['has(args.toString)', '{}', false],
    ['args.constructor == "x"', '{}', 'no_such_key'],
    ['args["constructor"] == "x"', '{}', 'no_such_key'],
    ['args.__proto__ == {}', '{}', 'no_such_key'],
    ['"constructor" in args', '{}', false],
    ['"hasOwnProperty" in args.o', '{"o": {}}', false],
    ['args.constructor == "x"', '{"constructor": "x"}', true],
    ['args.o.constructor.name == "x"', '{"o": {"constructor": {"name": "x"}}}', true],
    ['args.o == {"dryRun": true}', '{"o": {"constructor": true}}', false],
    ['args.o == {"dryRun": true}', '{"o": {"toString": true}}', false],
    ['has(args.size)', '{}', false],
    ['has(args.o.get)', '{"o": {}}', false],
  ];
  for (const [source, json, outcome] of hostile) {
    it(`${source} of ${json} is ${outcome}: own keys alone count`, () => {
      expect(evaluate(source, parsed(json))).to.equal(outcome);
    });
  }

  it('sees the one argument of a completion', () => {
    const message = request('completion/complete', {
      argument: { name: 'city', value: 'P' },
    });
    const compiled = compiler.compile('args.name == "city" && args.value == "P"');

    expect(compiled.ok && compiled.condition.test(celInput(ADA, message))).to.deep.equal({
      ok: true,
      holds: true,
    });
  });

  const unjudgeable: [name: string, params: string, code: string][] = [
    ['an argument named __proto__', '{"arguments": {"__proto__": {}}}', 'reserved_key'],
    ['a nested key __proto__', '{"arguments": {"a": [{"__proto__": 1}]}}', 'reserved_key'],
    ['a key __proto__ beside the arguments', '{"_meta": {"__proto__": 1}}', 'reserved_key'],
    ['arguments that are a list', '{"arguments": [1]}', 'arguments_not_an_object'],
    ['arguments that are null', '{"arguments": null}', 'arguments_not_an_object'],
    ['arguments that are text', '{"arguments": "x"}', 'arguments_not_an_object'],
  ];
  for (const [name, params, code] of unjudgeable) {
    it(`is not even asked about ${name}`, () => {
      expect(() => celInput(ADA, request('tools/call', parsed(params))))
        .to.throw(UnjudgeableValue)
        .with.property('code', code);
    });
  }

  it('says nothing of the values it failed on', () => {
    const outcome = evaluate('bool(args.secret)', { secret: 'hunter2' });

    expect(outcome).to.equal('bool_conversion_error');
  });
});

describe('an expression at load', () => {
  const refused: [source: string, problem: string][] = [
    ['args.amount >', 'Unexpected token: EOF'],
    ['amount > 50', 'Unknown variable: amount'],
    ['principal.gruops == []', 'No such key: gruops'],
    ['principal.subject > 5', 'no such overload: string > int'],
    ['"a" + 1 == "a1"', 'no such overload: string + int'],
    ['1 + 1', 'must yield a bool, not int'],
    ['"true"', 'must yield a bool, not string'],
    ['args.x.foo()', 'function foo is not available'],
    ['now() > timestamp("2026-01-01T00:00:00Z")', 'function now is not available'],
    ['bytes(args.x).json() == {}', 'function json is not available'],
    ['cel.bind(x, args.x, x == 1)', 'function bind is not available'],
    ['args.x.matchesLinear("a")', 'function matchesLinear is not available'],
    ['args.x.matches(args.y)', 'matches() takes a literal pattern, such as matches("^[a-z]+$")'],
    ['args.x.matches("(")', 'the pattern of matches() has a ( without its )'],
    ['duration(args.x) > duration("1h")', 'duration() takes a literal, such as duration("1h")'],
    ['timestamp(args.x).getHours("Europe/Berlin") > 8', 'getHours() takes no time zone; it is UTC'],
    ['args.x == {"__proto__": 1}', 'a map literal cannot have this key'],
    ['args.x == {"constructor": 1}', 'a map literal cannot have this key'],
    [`args.x == "${'a'.repeat(4096)}"`, 'must not be longer than 4096 characters'],
    [`${'('.repeat(100)}true${')'.repeat(100)}`, 'Exceeded maxDepth (50)'],
    [`true${' && true'.repeat(500)}${' && (true'.repeat(10)}`, 'Expected RPAREN, got EOF'],
  ];
  for (const [source, problem] of refused) {
    it(`${source.slice(0, 60)} is refused: ${problem}`, () => {
      expect(problems(source)).to.include(problem);
    });
  }

  const mixed: [source: string, warns: boolean][] = [
    ['args.amount * 2 > 100', true],
    ['2 * args.amount > 100', true],
    ['args.amount + 1 > 100', true],
    ['args.count % 2 == 0', true],
    ['args.items[0] - 1 > 0', true],
    ['args.items.all(i, i * 2 > 1)', true],
    ['args.amount * -2 < 0', true],
    ['args.amount * (1 + 1) > 0', true],
    ['args.amount * 2.0 > 100', false],
    ['int(args.count) % 2 == 0', false],
    ['size(args.items) + 1 > 2', false],
    ['args.amount > 50', false],
    ['args.a + args.b > 50', false],
    ['args.a + "x" == "yx"', false],
  ];
  for (const [source, warns] of mixed) {
    it(`${source} ${warns ? 'warns that it always fails' : 'is taken as it is'}`, () => {
      expect(warnings(source).length).to.equal(warns ? 1 : 0);
    });
  }
});

describe('what a call can make an expression cost', () => {
  const numbers = (count: number): JsonObject => ({
    items: Array.from({ length: count }, () => 1),
  });

  it('is not bounded without loops', () => {
    expect(evaluate('args.items[0] == 1', numbers(100_000))).to.equal(true);
  });

  it('allows one loop over many items', () => {
    expect(evaluate('args.items.all(i, i == 1)', numbers(20_000))).to.equal(true);
  });

  it('refuses loops in loops over many items', () => {
    const source = 'args.items.all(i, args.items.exists(k, k == i))';

    expect(evaluate(source, numbers(100))).to.equal(true);
    expect(evaluate(source, numbers(20_000))).to.equal('too_large');
  });

  it('counts a search in a list as a loop when it is inside one', () => {
    const source = 'args.items.all(i, i in args.items)';

    expect(evaluate(source, numbers(20_000))).to.equal('too_large');
  });

  it('counts long texts inside loops', () => {
    const args = { ...numbers(5000), text: 'x'.repeat(1_000_000) };

    expect(evaluate('args.items.all(i, args.text.contains("y"))', args)).to.equal('too_large');
  });

  it('bounds the steps of regular expressions over all of one evaluation', () => {
    const source = 'args.text.matches("(a|b|ab)*c")';

    expect(evaluate(source, { text: 'ab'.repeat(1000) })).to.equal(false);
    expect(evaluate(source, { text: 'ab'.repeat(1_000_000) })).to.equal('regex_too_costly');
    expect(evaluate(source, { text: 'c' })).to.equal(true);
  });
});
