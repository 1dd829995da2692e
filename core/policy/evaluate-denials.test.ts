import { expect } from 'chai';
import type { JsonObject } from '#core/mcp/messages.ts';
import type { Rule } from '#crds/policy.ts';
import { evaluate } from './evaluate.ts';
import {
  ADA,
  allow,
  ask,
  callTool,
  decide,
  deny,
  joinOf,
  principalOf,
  request,
} from './policies.fixture.ts';

describe('scopes that are lacking', () => {
  const scoped = (name: string, scopes: string[], fields: Partial<Rule> = {}) =>
    allow({ name, subjects: { scopes }, ...fields });

  function missing(rules: readonly Rule[], scopes: string[], args: JsonObject = {}) {
    const decision = decide(rules, callTool('x', args), principalOf({ scopes }));
    return decision.effect === 'Deny' ? decision.missingScopes : undefined;
  }

  it('are named, with those held, when all else of a rule holds', () => {
    expect(missing([scoped('a', ['read', 'write'])], ['read'])).to.deep.equal(['read', 'write']);
  });

  it('are not named when a Deny applies', () => {
    expect(
      missing([scoped('a', ['write']), deny({ match: { tools: ['x'] }, when: ['true'] })], []),
    ).to.equal(undefined);
  });

  it('are not named when another rule allows', () => {
    expect(decide([scoped('a', ['write']), allow({ name: 'b' })], callTool('x')).effect).to.equal(
      'Allow',
    );
  });

  it('are not named when the conditions do not hold or fail', () => {
    expect(missing([scoped('a', ['write'], { when: ['args.n > 1'] })], [], { n: 1 })).to.equal(
      undefined,
    );
    expect(missing([scoped('a', ['write'], { when: ['args.n > 1'] })], [])).to.equal(undefined);
  });

  it('are not named for other people', () => {
    const rule = allow({ subjects: { scopes: ['write'], groups: ['support'] } });

    expect(missing([rule], [])).to.equal(undefined);
  });

  it('are those of the rule that lacks the fewest', () => {
    const rules = [scoped('a', ['x', 'y', 'z']), scoped('b', ['write', 'read'])];

    expect(missing(rules, ['read'])).to.deep.equal(['write', 'read']);
  });

  it('are asked for by a rule that asks for an approval too', () => {
    const rule = ask({ subjects: { scopes: ['write'] } });

    expect(missing([rule], [])).to.deep.equal(['write']);
  });

  it('are all that every policy needs', () => {
    const policy = joinOf([scoped('a', ['one'])], [scoped('b', ['two'])], [scoped('c', ['held'])]);

    const decision = evaluate(policy, principalOf({ scopes: ['held'] }), callTool('x'), 'toServer');

    expect(decision).to.deep.include({ visible: true, missingScopes: ['one', 'two', 'held'] });
  });

  it('are not named when another policy denies all the same', () => {
    const policy = joinOf([scoped('a', ['one'])], []);

    const decision = evaluate(policy, ADA, callTool('x'), 'toServer');

    expect(decision).to.not.have.property('missingScopes');
  });

  it('excuse from a Deny that is for those who hold them', () => {
    const rules = [allow(), deny({ subjects: { scopes: ['limited'] } })];

    expect(decide(rules, callTool('x')).effect).to.equal('Allow');
  });
});

describe('what a denial says', () => {
  it('is the message of the rule', () => {
    const rules = [allow(), deny({ match: { tools: ['x'] }, when: ['true'], message: 'Use y.' })];

    expect(decide(rules, callTool('x'))).to.include({ reason: 'Use y.', visible: true });
  });

  it('is the name of a rule without message', () => {
    const rules = [allow(), deny({ match: { tools: ['x'] }, when: ['true'] })];

    expect(decide(rules, callTool('x'))).to.include({ reason: 'rule p0/deny denies it' });
  });

  it('is the same for hidden names that rules mention and for invented ones', () => {
    const rules = [
      deny({ name: 'a', match: { tools: ['drop_db'] }, message: 'Never drop_db.' }),
      deny({ name: 'b', match: { tools: ['old_*'] }, when: ['args.x > 1'] }),
      allow({ name: 'c', match: { tools: ['admin'] }, subjects: { groups: ['admins'] } }),
      allow({ name: 'd', match: { tools: ['get'] } }),
    ];

    const decisions = ['drop_db', 'old_x', 'admin', 'invented'].map((tool) => {
      const decision = decide(rules, callTool(tool));
      return decision.effect === 'Deny'
        ? { reason: decision.reason, visible: decision.visible }
        : 'x';
    });

    expect(decisions).to.deep.equal(
      Array(4).fill({ reason: 'not known to this caller', visible: false }),
    );
  });

  it('hides methods of no revision, and not those of MCP', () => {
    expect(decide([], request('myext/do'))).to.include({ visible: false });
    expect(decide([], request('logging/setLevel'))).to.include({ visible: true });
  });
});
