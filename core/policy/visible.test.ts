import { expect } from 'chai';
import type { Principal } from '#core/identity/principal.ts';
import type { Target } from '#core/mcp/messages.ts';
import type { Rule } from '#crds/policy.ts';
import { ADA, allow, ask, deny, joinOf, policyOf, principalOf } from './policies.fixture.ts';
import { isVisible } from './visible.ts';

const tool = (name: string): Target => ({ kind: 'tool', name });
const resource = (name: string): Target => ({ kind: 'resource', name });

describe('a target is', () => {
  const cases: {
    name: string;
    rules: Rule[];
    target?: Target;
    principal?: Principal;
    visible: boolean;
  }[] = [
    { name: 'hidden without a rule', rules: [], visible: false },
    { name: 'visible with an Allow', rules: [allow()], visible: true },
    {
      name: 'visible with a RequireApproval',
      rules: [ask({ match: { tools: ['x'] } })],
      visible: true,
    },
    {
      name: 'visible with an Allow whose condition may not hold',
      rules: [allow({ when: ['args.amount < 50'] })],
      visible: true,
    },
    {
      name: 'visible with an Allow for scopes the token lacks',
      rules: [allow({ subjects: { scopes: ['write'] } })],
      visible: true,
    },
    {
      name: 'hidden with an Allow for other people',
      rules: [allow({ subjects: { groups: ['support'] } })],
      visible: false,
    },
    {
      name: 'hidden with an Allow for another target',
      rules: [allow({ match: { tools: ['y'] } })],
      visible: false,
    },
    {
      name: 'hidden with an unconditional Deny',
      rules: [allow(), deny({ match: { tools: ['x'] } })],
      visible: false,
    },
    {
      name: 'visible with a conditional Deny',
      rules: [allow(), deny({ match: { tools: ['x'] }, when: ['args.amount > 50'] })],
      visible: true,
    },
    {
      name: 'visible with a Deny for other people',
      rules: [allow(), deny({ subjects: { groups: ['support'] } })],
      visible: true,
    },
    {
      name: 'visible with a Deny for scopes the token lacks',
      rules: [allow(), deny({ subjects: { scopes: ['limited'] } })],
      visible: true,
    },
    {
      name: 'hidden with a Deny for scopes the token has',
      rules: [allow(), deny({ subjects: { scopes: ['limited'] } })],
      principal: principalOf({ scopes: ['limited'] }),
      visible: false,
    },
    {
      name: 'hidden from a principal of an issuer that is not listed',
      rules: [allow()],
      principal: principalOf({ issuerName: 'other' }),
      visible: false,
    },
    {
      name: 'visible with an Allow on its method',
      rules: [allow({ match: { methods: ['tools/call'] } })],
      visible: true,
    },
    {
      name: 'hidden with a Deny on its method',
      rules: [allow(), deny({ match: { methods: ['tools/*'] } })],
      visible: false,
    },
    {
      name: 'hidden with an Allow on the list alone',
      rules: [allow({ match: { methods: ['tools/list'] } })],
      visible: false,
    },
    {
      name: 'visible when a resource can be followed but not read',
      rules: [allow({ match: { methods: ['resources/subscribe'], resources: ['x:*'] } })],
      target: resource('x:a'),
      visible: true,
    },
    {
      name: 'hidden when a resource cannot be judged',
      rules: [allow({ match: { resources: ['**'] } })],
      target: resource('file:///a%2fb'),
      visible: false,
    },
    {
      name: 'hidden when a Deny is for a resource it may be taken for',
      rules: [
        allow({ match: { resources: ['**'] } }),
        deny({ match: { resources: ['file:///a'] } }),
      ],
      target: resource('file:///a#b'),
      visible: false,
    },
    {
      name: 'visible when a template expands to something allowed',
      rules: [allow({ match: { resources: ['file:///docs/public'] } })],
      target: resource('file:///docs/{name}'),
      visible: true,
    },
    {
      name: 'hidden when a template expands to nothing allowed',
      rules: [allow({ match: { resources: ['file:///docs/**'] } })],
      target: resource('file:///keys/{name}'),
      visible: false,
    },
    {
      name: 'visible when a Deny takes some of what a template expands to',
      rules: [
        allow({ match: { resources: ['**'] } }),
        deny({ match: { resources: ['file:///docs/secret'] } }),
      ],
      target: resource('file:///docs/{name}'),
      visible: true,
    },
    {
      name: 'hidden when a Deny takes all that a template expands to',
      rules: [
        allow({ match: { resources: ['**'] } }),
        deny({ match: { resources: ['file:///docs/**'] } }),
      ],
      target: resource('file:///docs/{name}'),
      visible: false,
    },
    {
      name: 'hidden when it is a task',
      rules: [allow(), allow({ name: 'b', match: { methods: ['tasks/*'] } })],
      target: { kind: 'task', name: 't' },
      visible: false,
    },
  ];
  for (const { name, rules, target = tool('x'), principal = ADA, visible } of cases) {
    it(name, () => {
      expect(isVisible(policyOf(...rules), principal, target)).to.equal(visible);
    });
  }

  it('visible only when every policy shows it', () => {
    expect(isVisible(joinOf([allow()], [allow()]), ADA, tool('x'))).to.equal(true);
    expect(isVisible(joinOf([allow()], []), ADA, tool('x'))).to.equal(false);
  });
});
