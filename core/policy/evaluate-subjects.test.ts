import { expect } from 'chai';
import type { Principal } from '#core/identity/principal.ts';
import type { Rule } from '#crds/policy.ts';
import { allow, callTool, decide, deny, principalOf, request } from './policies.fixture.ts';

describe('whom a rule is for', () => {
  const rule = (subjects: Rule['subjects']) => [allow({ ...(subjects && { subjects }) })];
  const cases: { name: string; rules: Rule[]; principal: Partial<Principal>; allowed: boolean }[] =
    [
      { name: 'no subjects: anyone', rules: rule(undefined), principal: {}, allowed: true },
      {
        name: 'its subject',
        rules: rule({ subjects: ['bob', 'ada'] }),
        principal: {},
        allowed: true,
      },
      {
        name: 'no other subject',
        rules: rule({ subjects: ['bob'] }),
        principal: {},
        allowed: false,
      },
      {
        name: 'any of its groups',
        rules: rule({ groups: ['a', 'b'] }),
        principal: { groups: ['b', 'c'] },
        allowed: true,
      },
      { name: 'nobody of no group', rules: rule({ groups: ['a'] }), principal: {}, allowed: false },
      {
        name: 'those with all fields',
        rules: rule({ groups: ['a'], subjects: ['ada'] }),
        principal: { groups: ['a'] },
        allowed: true,
      },
      {
        name: 'not those with some fields',
        rules: rule({ groups: ['a'], subjects: ['bob'] }),
        principal: { groups: ['a'] },
        allowed: false,
      },
      {
        name: 'those with all scopes',
        rules: rule({ scopes: ['a', 'b'] }),
        principal: { scopes: ['b', 'a', 'c'] },
        allowed: true,
      },
      {
        name: 'not those with some scopes',
        rules: rule({ scopes: ['a', 'b'] }),
        principal: { scopes: ['a'] },
        allowed: false,
      },
      {
        name: 'its issuer, by the name in the policy',
        rules: rule({ issuer: 'corp' }),
        principal: {},
        allowed: true,
      },
      {
        name: 'its client',
        rules: rule({ clients: ['agent'] }),
        principal: { clientId: 'agent' },
        allowed: true,
      },
      {
        name: 'nobody without a client',
        rules: rule({ clients: ['agent'] }),
        principal: {},
        allowed: false,
      },
      {
        name: 'a claim that is a text',
        rules: rule({ claims: [{ name: 'dept', values: ['fin', 'ops'] }] }),
        principal: { claims: { dept: 'ops' } },
        allowed: true,
      },
      {
        name: 'a claim that is a list',
        rules: rule({ claims: [{ name: 'dept', values: ['fin'] }] }),
        principal: { claims: { dept: ['ops', 'fin'] } },
        allowed: true,
      },
      {
        name: 'a claim that is true or a number, written as text',
        rules: rule({ claims: [{ name: 'mfa', values: ['true'] }] }),
        principal: { claims: { mfa: true } },
        allowed: true,
      },
      {
        name: 'a nested claim by its path',
        rules: rule({ claims: [{ name: 'realm.roles', values: ['x'] }] }),
        principal: { claims: { realm: { roles: ['x'] } } },
        allowed: true,
      },
      {
        name: 'nobody by an inherited claim',
        rules: rule({ claims: [{ name: 'constructor', values: ['x'] }] }),
        principal: {},
        allowed: false,
      },
      {
        name: 'those with all of several claims',
        rules: rule({
          claims: [
            { name: 'a', values: ['1'] },
            { name: 'b', values: ['2', '3'] },
          ],
        }),
        principal: { claims: { a: '1', b: '3', c: '4' } },
        allowed: true,
      },
      {
        name: 'not those with some of several claims',
        rules: rule({
          claims: [
            { name: 'a', values: ['1'] },
            { name: 'b', values: ['2'] },
          ],
        }),
        principal: { claims: { b: '2' } },
        allowed: false,
      },
      {
        name: 'the agent that acts now',
        rules: rule({ actors: ['bot'] }),
        principal: { actors: [{ subject: 'bot' }, { subject: 'other' }] },
        allowed: true,
      },
      {
        name: 'not an agent that acted before',
        rules: rule({ actors: ['bot'] }),
        principal: { actors: [{ subject: 'other' }, { subject: 'bot' }] },
        allowed: false,
      },
      {
        name: 'not an agent of that name at another issuer',
        rules: rule({ actors: ['bot'] }),
        principal: { actors: [{ subject: 'bot', issuer: 'https://other.example' }] },
        allowed: false,
      },
      {
        name: 'denied: any agent of the chain',
        rules: [allow(), deny({ subjects: { actors: ['bot'] } })],
        principal: { actors: [{ subject: 'other' }, { subject: 'bot' }] },
        allowed: false,
      },
    ];
  for (const { name, rules, principal, allowed } of cases) {
    it(name, () => {
      const decision = decide(rules, callTool('x'), principalOf(principal));

      expect(decision.effect).to.equal(allowed ? 'Allow' : 'Deny');
    });
  }

  it('denies whoever comes from an issuer that the policy does not list, plumbing too', () => {
    const stranger = principalOf({ issuer: 'https://other.example', issuerName: 'other' });

    expect(decide([allow()], callTool('x'), stranger).effect).to.equal('Deny');
    expect(decide([allow()], request('ping'), stranger).effect).to.equal('Deny');
    expect(decide([allow()], request('tools/list'), stranger).effect).to.equal('Deny');
  });
});
