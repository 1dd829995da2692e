import { expect } from 'chai';
import type { Approval } from './approval.ts';
import { approver, ballot, principal, request, T0 } from './approvals.testkit.ts';
import { move } from './moves.testkit.ts';
import { parseEntry } from './parse-entry.ts';
import { requested } from './states.ts';

const by = principal('alice', {
  actors: [{ subject: 'bot', issuer: 'https://bots.example' }],
  clientId: 'agent',
});
const ASKED = request('1', { by });
const bob = approver('bob');
const pending = requested(ASKED, T0);
const granted = move(pending, { kind: 'vote', ...ballot(ASKED, bob) });
const spend = { binding: ASKED.binding, nonce: 'a'.repeat(32), exchange: 'x-1' };
const consumed = move(granted, { kind: 'consume', ...spend });

const sound: readonly Approval[] = [
  pending,
  granted,
  consumed,
  move(consumed, { kind: 'settle', exchange: 'x-1' }),
  move(pending, { kind: 'vote', ...ballot(ASKED, bob, 'deny') }),
  move(pending, { kind: 'cancel', by: ASKED.requester }),
  move(pending, { kind: 'expire' }, T0 + 900_000),
  move(granted, { kind: 'expire' }, T0 + 900_000),
  move(granted, { kind: 'revoke', approver: bob, reason: 'wrong account' }),
];

/** Every path in a value, such as `request.terms.needs.0.quorum`. */
function pathsOf(value: unknown, path: readonly string[] = []): (readonly string[])[] {
  if (typeof value !== 'object' || value === null) return [path];
  return [
    path,
    ...Object.entries(value).flatMap(([name, child]) => pathsOf(child, [...path, name])),
  ];
}

/** A copy with another value at the path. */
function edited(value: unknown, [name, ...rest]: readonly string[], replacement: unknown): unknown {
  if (name === undefined) return replacement;
  if (Array.isArray(value)) {
    return value.map((item, at) => (String(at) === name ? edited(item, rest, replacement) : item));
  }
  const fields = new Map(Object.entries(value as object));
  return Object.fromEntries([...fields, [name, edited(fields.get(name), rest, replacement)]]);
}

describe('an entry read back', () => {
  for (const approval of sound) {
    it(`is the one that was kept: ${approval.state} at version ${approval.version}`, () => {
      const entry = { kind: 'approval', approval } as const;

      expect(parseEntry(JSON.parse(JSON.stringify(entry)))).to.deep.equal(entry);
    });

    it(`is none when any part of it is of another kind: ${approval.state} at ${approval.version}`, () => {
      for (const path of pathsOf(approval)) {
        for (const replacement of [null, [], { a: [] }, true, -1.5]) {
          const entry = { kind: 'approval', approval: edited(approval, path, replacement) };
          const isListOfAny = Array.isArray(replacement) && mayBeEmpty(path);
          expect(
            parseEntry(entry) === undefined,
            `${path.join('.')} = ${JSON.stringify(replacement)}`,
          ).to.equal(!isListOfAny);
        }
      }
    });
  }

  const [vote] = granted.votes;
  const [need] = ASKED.terms.needs;
  const asking = (terms: object) => ({
    ...granted,
    request: { ...ASKED, terms: { ...ASKED.terms, ...terms } },
  });
  const endless: readonly { readonly name: string; readonly value: object }[] = [
    { name: 'votes', value: { ...granted, votes: Array.from({ length: 66 }, () => vote) } },
    { name: 'pools', value: asking({ needs: Array.from({ length: 9 }, () => need) }) },
    { name: 'people', value: asking({ needs: [{ ...need, quorum: 1e9 }] }) },
    {
      name: 'actors',
      value: {
        ...granted,
        request: {
          ...ASKED,
          requester: { ...ASKED.requester, actors: Array.from({ length: 9 }, () => by.actors[0]) },
        },
      },
    },
  ];
  for (const { name, value } of endless) {
    it(`is none with more ${name} than anybody writes`, () => {
      expect(parseEntry({ kind: 'approval', approval: value })).to.equal(undefined);
    });
  }

  it('is a nonce and when it expires', () => {
    const entry = { kind: 'nonce', nonce: 'a'.repeat(32), expiresAtMillis: T0 } as const;

    expect(parseEntry(entry)).to.deep.equal(entry);
    expect(parseEntry({ ...entry, nonce: '' })).to.equal(undefined);
    expect(parseEntry({ ...entry, expiresAtMillis: 0.5 })).to.equal(undefined);
  });

  const impossible: readonly { readonly name: string; readonly value: object }[] = [
    { name: 'granted without a grant', value: { ...pending, state: 'GRANTED' } },
    { name: 'pending with a grant', value: { ...granted, state: 'PENDING' } },
    { name: 'consumed without a grant', value: { ...pending, state: 'CONSUMED' } },
    { name: 'denied by nobody at no time', value: { ...pending, state: 'DENIED' } },
    { name: 'revoked without ever being granted', value: { ...sound[4], state: 'REVOKED' } },
    { name: 'in a state there is not', value: { ...pending, state: 'APPROVED' } },
  ];
  for (const { name, value } of impossible) {
    it(`is none for an approval ${name}`, () => {
      expect(parseEntry({ kind: 'approval', approval: value })).to.equal(undefined);
    });
  }

  for (const value of [undefined, null, 'approval', [], {}, { kind: 'other' }]) {
    it(`is none for ${JSON.stringify(value)}`, () => {
      expect(parseEntry(value)).to.equal(undefined);
    });
  }
});

function mayBeEmpty(path: readonly string[]): boolean {
  return ['votes', 'open', 'actors', 'groups', 'subjects', 'serves'].includes(path.at(-1) ?? '');
}
