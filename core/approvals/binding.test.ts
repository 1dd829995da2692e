import { expect } from 'chai';
import fc from 'fast-check';
import type { JsonValue } from '#core/mcp/messages.ts';
import { type BoundCall, bindingOf, ruleDigest } from './binding.ts';

const CALL: BoundCall = {
  principal: {
    issuer: 'https://idp.example',
    subject: 'alice',
    clientId: 'agent',
    actors: [{ subject: 'bot' }],
  },
  server: 'https://payments.example/mcp',
  method: 'tools/call',
  target: { kind: 'tool', name: 'refund' },
  definition: 'd'.repeat(64),
  rule: 'e'.repeat(64),
  arguments: { amount: 50.5, order: 'o-1' },
};

const who = CALL.principal;

const others: readonly { readonly name: string; readonly call: BoundCall }[] = [
  {
    name: 'another issuer',
    call: { ...CALL, principal: { ...who, issuer: 'https://other.example' } },
  },
  { name: 'another subject', call: { ...CALL, principal: { ...who, subject: 'bob' } } },
  { name: 'another client', call: { ...CALL, principal: { ...who, clientId: 'other' } } },
  {
    name: 'no client',
    call: { ...CALL, principal: { issuer: who.issuer, subject: who.subject, actors: who.actors } },
  },
  {
    name: 'another actor',
    call: { ...CALL, principal: { ...who, actors: [{ subject: 'other-bot' }] } },
  },
  { name: 'no actor', call: { ...CALL, principal: { ...who, actors: [] } } },
  {
    name: 'an actor of a named issuer',
    call: { ...CALL, principal: { ...who, actors: [{ subject: 'bot', issuer: who.issuer }] } },
  },
  { name: 'another server', call: { ...CALL, server: 'https://ledger.example/mcp' } },
  { name: 'another method', call: { ...CALL, method: 'prompts/get' } },
  { name: 'another tool', call: { ...CALL, target: { kind: 'tool', name: 'payout' } } },
  {
    name: 'another kind of target',
    call: { ...CALL, target: { kind: 'prompt', name: 'refund' } },
  },
  { name: 'a changed tool definition', call: { ...CALL, definition: 'f'.repeat(64) } },
  { name: 'another rule', call: { ...CALL, rule: 'f'.repeat(64) } },
];

const otherArguments: readonly JsonValue[] = [
  { amount: 50.6, order: 'o-1' },
  { amount: '50.5', order: 'o-1' },
  { amount: 50.5, order: 'o-1', note: null },
  { amount: 50.5 },
  {},
  null,
];

describe('the binding of a call', () => {
  it('is the digest that docs/audit-format.md can be checked against', () => {
    expect(bindingOf(CALL, 'Call')).to.equal(
      '791a1b890088e9fd38ad9133f8a65cb108ebab6f2164ab8be0f8f5e0f89eeea7',
    );
    expect(bindingOf(CALL, 'Window')).to.equal(
      '5f3563f9a7bb1b165b412d521ea20714a6144738ca3500ccfddfb44d011d2ea6',
    );
  });

  it('does not depend on the order in which arguments were written', () => {
    const reordered = { ...CALL, arguments: { order: 'o-1', amount: 50.5 } };

    expect(bindingOf(reordered, 'Call')).to.equal(bindingOf(CALL, 'Call'));
  });

  for (const { name, call } of others) {
    it(`differs for ${name}, in both scopes`, () => {
      expect(bindingOf(call, 'Call')).to.not.equal(bindingOf(CALL, 'Call'));
      expect(bindingOf(call, 'Window')).to.not.equal(bindingOf(CALL, 'Window'));
    });
  }

  for (const args of otherArguments) {
    it(`of a single call differs for the arguments ${JSON.stringify(args)}`, () => {
      const call = { ...CALL, arguments: args };

      expect(bindingOf(call, 'Call')).to.not.equal(bindingOf(CALL, 'Call'));
      expect(bindingOf(call, 'Window')).to.equal(bindingOf(CALL, 'Window'));
    });
  }

  it('is never that of a window, whatever the arguments', () => {
    const window = bindingOf(CALL, 'Window');

    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const call = { ...CALL, arguments: value as JsonValue };
        expect(bindingOf(call, 'Call')).to.not.equal(window);
      }),
    );
  });

  it('differs whenever any two calls differ in any field', () => {
    const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 4 });
    const call = fc.record({
      principal: fc.record({
        issuer: text,
        subject: text,
        clientId: text,
        actors: fc.constant([]),
      }),
      server: text,
      method: text,
      target: fc.record({ kind: fc.constant('tool' as const), name: text }),
      definition: text,
      rule: text,
      arguments: fc.jsonValue() as fc.Arbitrary<JsonValue>,
    });

    fc.assert(
      fc.property(call, call, (a, b) => {
        const isSame = JSON.stringify(a) === JSON.stringify(b);
        fc.pre(!isSame);
        expect(bindingOf(a, 'Call')).to.not.equal(bindingOf(b, 'Call'));
      }),
    );
  });
});

describe('the digest of a rule', () => {
  it('changes with each word of it and with nothing else', () => {
    const rule = { name: 'refunds', effect: 'RequireApproval', quorum: 1 };

    const digest = ruleDigest(rule);

    expect(ruleDigest({ quorum: 1, effect: 'RequireApproval', name: 'refunds' })).to.equal(digest);
    expect(ruleDigest({ ...rule, quorum: 2 })).to.not.equal(digest);
  });
});
