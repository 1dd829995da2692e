import { expect } from 'chai';
import { CHECK_CASES, documentOf } from './check-cases.ts';
import { failures } from './evaluate-check.ts';
import { McpGatewayPolicySchema } from './policy.ts';
import { type Check, type SchemaNode, schemaNode } from './schema.ts';
import { validatePolicy } from './validate.ts';

describe('the checks of the contract', () => {
  for (const { name, spec, refused } of CHECK_CASES) {
    it(`${refused.length === 0 ? 'take' : 'refuse'} ${name}`, () => {
      const problems = validatePolicy(documentOf(spec));

      expect(problems.map(({ path }) => path)).to.deep.equal(refused);
    });
  }

  it('are each refused by one of these cases', () => {
    const reported = new Set(
      CHECK_CASES.flatMap(({ spec }) => validatePolicy(documentOf(spec))).map(
        ({ message }) => message,
      ),
    );
    const unproven = allChecks(schemaNode(McpGatewayPolicySchema)).filter(
      ({ message }) => !reported.has(message),
    );

    expect(unproven).to.deep.equal([]);
  });

  it('do not hold when their expression errors', () => {
    const check: Check = { holds: 'self.missing == 1', message: 'must be 1', field: 'a.b' };

    expect(failures(check, {})).to.deep.equal([['a', 'b']]);
  });

  it('see whole numbers as ints', () => {
    expect(failures({ holds: 'self.n / 2 == 1 && self.n <= 3', message: '' }, { n: 3 })).to.be
      .empty;
  });
});

function allChecks(node: SchemaNode): readonly Check[] {
  const children = [
    ...Object.values(node.properties ?? {}),
    ...[node.items, node.additionalProperties].filter((child) => child !== undefined),
  ];
  return [...(node.checks ?? []), ...children.flatMap(allChecks)];
}
