import { expect } from 'chai';
import fc from 'fast-check';
import type { Principal } from '#core/identity/principal.ts';
import type { Rule } from '#crds/policy.ts';
import { compileWhole } from './compile.ts';
import type { CompiledPolicy } from './compiled.ts';
import type { Decision } from './decision.ts';
import { evaluate } from './evaluate.ts';
import {
  callTool,
  document,
  getPrompt,
  principalOf,
  readResource,
  request,
} from './policies.fixture.ts';
import type { JudgedMessage } from './question.ts';
import { isVisible } from './visible.ts';

const matches = fc.constantFrom<Rule['match'][]>(
  undefined,
  { tools: ['get_*'] },
  { tools: ['get_user', 'refund'] },
  { tools: ['*'] },
  { prompts: ['greet'] },
  { resources: ['file:///docs/**'] },
  { resources: ['file:///docs/secret'] },
  { methods: ['ping'] },
  { methods: ['tools/*'] },
  { methods: ['myext/do'] },
);
const subjects = fc.constantFrom<Rule['subjects'][]>(
  undefined,
  { groups: ['engineering'] },
  { groups: ['support'] },
  { subjects: ['ada'] },
  { scopes: ['write'] },
  { actors: ['bot'] },
);
const conditions = fc.constantFrom<Rule['when'][]>(
  undefined,
  ['args.amount > 50'],
  ['has(args.amount)', 'args.amount <= 50'],
  ['true'],
);
const anyRule = fc
  .record({
    effect: fc.constantFrom<Rule['effect'][]>('Allow', 'Deny', 'RequireApproval'),
    match: matches,
    subjects,
    when: conditions,
  })
  .map(({ effect, match, subjects: who, when }) => ({
    effect,
    ...(match && { match }),
    ...(who && { subjects: who }),
    ...(when && { when }),
    ...(effect === 'RequireApproval' ? { approval: 'finance' } : {}),
  }));
const anyRules = fc
  .array(anyRule, { maxLength: 6 })
  .map((rules): Rule[] => rules.map((rule, at) => ({ ...rule, name: `r${at}` })));
const anyMessage = fc.constantFrom<JudgedMessage[]>(
  callTool('get_user'),
  callTool('refund', { amount: 20 }),
  callTool('refund', { amount: 60 }),
  callTool('refund', { amount: 'x' }),
  getPrompt('greet'),
  readResource('file:///docs/secret'),
  readResource('file:///docs/secret#a'),
  request('ping'),
  request('tools/list'),
  request('logging/setLevel'),
  request('myext/do'),
);
const anyPrincipal = fc.constantFrom<Principal[]>(
  principalOf(),
  principalOf({ groups: ['engineering'], scopes: ['write'] }),
  principalOf({ subject: 'bob', groups: ['support'], actors: [{ subject: 'bot' }] }),
);

/** Undefined when the rules are refused, as shadowed ones are. */
function compiled(...lists: readonly (readonly Rule[])[]): CompiledPolicy | undefined {
  const result = compileWhole(lists.map((rules, at) => document({ rules }, `p${at}`)));
  return result.ok ? result.policy : undefined;
}

const STRICTNESS: { readonly [Effect in Decision['effect']]: number } = {
  Allow: 0,
  RequireApproval: 1,
  Deny: 2,
};

describe('evaluation, whatever the policy', () => {
  it('does not depend on the order of rules', () => {
    const shuffled = anyRules.chain((rules) =>
      fc.tuple(
        fc.constant(rules),
        fc.shuffledSubarray(rules, { minLength: rules.length, maxLength: rules.length }),
      ),
    );

    fc.assert(
      fc.property(shuffled, anyMessage, anyPrincipal, ([rules, others], message, principal) => {
        const policy = compiled(rules);
        const other = compiled(others);
        expect(policy === undefined).to.equal(other === undefined);
        fc.pre(policy !== undefined && other !== undefined);

        const decision = evaluate(policy, principal, message, 'toServer');

        expect(evaluate(other, principal, message, 'toServer')).to.deep.equal(decision);
      }),
      { numRuns: 300 },
    );
  });

  it('never grants more because a policy was added, nor does it show more', () => {
    fc.assert(
      fc.property(
        anyRules,
        anyRules,
        anyMessage,
        anyPrincipal,
        (rules, added, message, principal) => {
          const policy = compiled(rules);
          const joined = compiled(rules, added);
          fc.pre(policy !== undefined && joined !== undefined);

          const before = evaluate(policy, principal, message, 'toServer').effect;
          const after = evaluate(joined, principal, message, 'toServer').effect;

          expect(STRICTNESS[after]).to.be.at.least(STRICTNESS[before]);
          if (message.target !== undefined && isVisible(joined, principal, message.target)) {
            expect(isVisible(policy, principal, message.target)).to.equal(true);
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  it('never grants more because a Deny was added', () => {
    fc.assert(
      fc.property(
        anyRules,
        anyRule,
        anyMessage,
        anyPrincipal,
        (rules, rule, message, principal) => {
          const { approval: _, ...rest } = { approval: undefined, ...rule };
          const policy = compiled(rules);
          const joined = compiled([...rules, { ...rest, name: 'added', effect: 'Deny' }]);
          fc.pre(policy !== undefined && joined !== undefined);

          const before = evaluate(policy, principal, message, 'toServer').effect;
          const after = evaluate(joined, principal, message, 'toServer').effect;

          expect(STRICTNESS[after]).to.be.at.least(STRICTNESS[before]);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('allows no target that is hidden', () => {
    fc.assert(
      fc.property(anyRules, anyMessage, anyPrincipal, (rules, message, principal) => {
        const policy = compiled(rules);
        fc.pre(policy !== undefined && message.target !== undefined);

        if (evaluate(policy, principal, message, 'toServer').effect !== 'Deny') {
          expect(isVisible(policy, principal, message.target)).to.equal(true);
        }
      }),
      { numRuns: 300 },
    );
  });
});
