import { expect } from 'chai';
import type { Rule } from '#crds/policy.ts';
import { evaluate } from './evaluate.ts';
import { allow, callTool, deny, policyOf, principalOf } from './policies.fixture.ts';
import { rulesFor } from './rule-index.ts';

const COUNT = 200;

/** One rule per tool, and a few that are about something else or everything. */
function manyRules(): Rule[] {
  return [
    ...Array.from({ length: COUNT }, (_, at) =>
      allow({ name: `tool-${at}`, match: { tools: [`tool_${at}`] } }),
    ),
    deny({ match: { tools: ['*_danger'] } }),
    allow({ name: 'prompts', match: { prompts: ['*'] } }),
    allow({ name: 'resources', match: { resources: ['**'] } }),
    deny({ name: 'everyone', subjects: { groups: ['banned'] } }),
  ];
}

describe('the index of rules', () => {
  const policy = policyOf(...manyRules());
  const layer = policy.layers[0];
  if (layer === undefined) throw new Error('no layer');

  it('finds the rules of one tool among many without looking at the others', () => {
    const rules = rulesFor(layer.index, 'tools/call', {
      form: 'name',
      kind: 'tool',
      name: 'tool_7',
    });

    expect(rules.map(({ id }) => id)).to.deep.equal(['p0/everyone', 'p0/tool-7']);
  });

  it('keeps exact names apart from patterns, and every other target out', () => {
    const tools = layer.index.known.get('tools/call tool');

    expect(tools?.exact.size).to.equal(COUNT);
    expect([...(tools?.exact.values() ?? [])].every((rules) => rules.length === 1)).to.equal(true);
    expect(tools?.wild.map(({ rule }) => rule.id)).to.deep.equal(['p0/deny']);
    expect(tools?.always.map(({ id }) => id)).to.deep.equal(['p0/everyone']);
  });

  it('asks only the rules that it found about the principal', () => {
    const asked: string[] = [];
    const watched = {
      ...policy,
      layers: [
        {
          ...layer,
          get rules(): never {
            throw new Error('the list of all rules is not for judging');
          },
        },
      ],
    };
    const principal = {
      ...principalOf(),
      get groups(): readonly string[] {
        asked.push('groups');
        return [];
      },
    };

    const decision = evaluate(watched, principal, callTool('tool_150'), 'toServer');

    expect(decision.effect).to.equal('Allow');
    expect(asked).to.deep.equal(['groups']);
  });

  it('names a rule once, however many of its patterns match', () => {
    const twice = policyOf(allow({ match: { tools: ['get_*', 'get_user', '*_user'] } }));

    const rules = rulesFor(twice.layers[0]!.index, 'tools/call', {
      form: 'name',
      kind: 'tool',
      name: 'get_user',
    });

    expect(rules.map(({ id }) => id)).to.deep.equal(['p0/allow']);
  });
});
