import { expect } from 'chai';
import type { JsonObject, JsonValue } from '#core/mcp/messages.ts';
import type { IssuerConfig } from '#crds/policy.ts';
import { MAX_LIST_ENTRIES } from './claim-path.ts';
import { MAX_ACTORS, readPrincipal } from './claims.ts';

const ISSUER: IssuerConfig = { name: 'corp', issuer: 'https://idp.example' };
const TOKEN: JsonObject = { iss: 'https://idp.example', sub: 'u-1', exp: 2_000_000_000 };

function principal(claims: JsonObject, paths: IssuerConfig['claims'] = {}) {
  const read = readPrincipal({ ...TOKEN, ...claims }, { ...ISSUER, claims: paths });
  return read.ok ? read.value : read.reason;
}

function actorChain(links: number): JsonValue {
  let act: JsonValue = { sub: 'last' };
  for (let link = 1; link < links; link += 1) act = { sub: `a${link}`, act };
  return act;
}

describe('claims of a verified token', () => {
  it('make a principal with the issuer by URL and by its name in the policy', () => {
    const made = principal({});

    expect(made).to.deep.equal({
      issuer: 'https://idp.example',
      issuerName: 'corp',
      subject: 'u-1',
      actors: [],
      groups: [],
      scopes: [],
      claims: TOKEN,
      expiresAtSeconds: 2_000_000_000,
    });
  });

  const read: {
    name: string;
    claims: JsonObject;
    paths?: IssuerConfig['claims'];
    gives: Partial<
      Record<'subject' | 'groups' | 'scopes' | 'clientId' | 'person' | 'actors', unknown>
    >;
  }[] = [
    { name: 'groups as a list', claims: { groups: ['a', 'b'] }, gives: { groups: ['a', 'b'] } },
    { name: 'one group as text', claims: { groups: 'a b' }, gives: { groups: ['a b'] } },
    { name: 'groups that are null as none', claims: { groups: null }, gives: { groups: [] } },
    {
      name: 'groups at a dotted path',
      claims: { realm_access: { roles: ['admin'] } },
      paths: { groups: 'realm_access.roles' },
      gives: { groups: ['admin'] },
    },
    {
      name: 'a claim whose whole name holds dots before any path',
      claims: {
        'https://x.example/groups': ['named'],
        'https://x': { 'example/groups': ['walked'] },
      },
      paths: { groups: 'https://x.example/groups' },
      gives: { groups: ['named'] },
    },
    {
      name: 'scope split at spaces',
      claims: { scope: 'a  b c' },
      gives: { scopes: ['a', 'b', 'c'] },
    },
    { name: 'empty scope as none', claims: { scope: '' }, gives: { scopes: [] } },
    { name: 'scp as a list', claims: { scp: ['a', 'b'] }, gives: { scopes: ['a', 'b'] } },
    { name: 'scp as text', claims: { scp: 'a b' }, gives: { scopes: ['a', 'b'] } },
    { name: 'scope before scp', claims: { scope: 'a', scp: ['b'] }, gives: { scopes: ['a'] } },
    {
      name: 'scopes from the configured claim',
      claims: { scope: 'a', permissions: ['p'] },
      paths: { scopes: 'permissions' },
      gives: { scopes: ['p'] },
    },
    {
      name: 'the subject from the configured claim',
      claims: { oid: 'o-1' },
      paths: { subject: 'oid' },
      gives: { subject: 'o-1' },
    },
    { name: 'the client from client_id', claims: { client_id: 'c' }, gives: { clientId: 'c' } },
    {
      name: 'client_id before azp',
      claims: { azp: 'z', client_id: 'c' },
      gives: { clientId: 'c' },
    },
    { name: 'azp where client_id is absent', claims: { azp: 'z' }, gives: { clientId: 'z' } },
    {
      name: 'the client from the configured claim',
      claims: { azp: 'z', appid: 'app' },
      paths: { client: 'appid' },
      gives: { clientId: 'app' },
    },
    {
      name: 'a verified address as the person',
      claims: { email: 'a@x.example', email_verified: true },
      paths: { person: 'email' },
      gives: { person: 'a@x.example' },
    },
    {
      name: 'no person from an address without email_verified',
      claims: { email: 'a@x.example' },
      paths: { person: 'email' },
      gives: { person: undefined },
    },
    {
      name: 'no person when email_verified is only the text true',
      claims: { email: 'a@x.example', email_verified: 'true' },
      paths: { person: 'email' },
      gives: { person: undefined },
    },
    {
      name: 'no person from a nested address that another level calls verified',
      claims: { email_verified: true, profile: { email: 'a@x.example' } },
      paths: { person: 'profile.email' },
      gives: { person: undefined },
    },
    {
      name: 'a nested address that its own level calls verified',
      claims: { profile: { email: 'a@x.example', email_verified: true } },
      paths: { person: 'profile.email' },
      gives: { person: 'a@x.example' },
    },
    {
      name: 'a person claim that is not an address',
      claims: { employee: 'e-7' },
      paths: { person: 'employee' },
      gives: { person: 'e-7' },
    },
    {
      name: 'no person unless the policy names a claim',
      claims: { email: 'a@x.example', email_verified: true },
      gives: { person: undefined },
    },
    {
      name: 'actors nearest first',
      claims: { act: { sub: 'agent', iss: 'https://a.example', act: { sub: 'orchestrator' } } },
      gives: {
        actors: [{ issuer: 'https://a.example', subject: 'agent' }, { subject: 'orchestrator' }],
      },
    },
  ];
  for (const { name, claims, paths, gives } of read) {
    it(`read ${name}`, () => {
      const made = principal(claims, paths);

      for (const [field, value] of Object.entries(gives)) {
        expect(typeof made === 'string' ? made : Reflect.get(made, field)).to.deep.equal(value);
      }
    });
  }

  const refused: {
    name: string;
    claims: JsonObject;
    paths?: IssuerConfig['claims'];
    reason: RegExp;
  }[] = [
    { name: 'no subject', claims: { sub: null }, reason: /^sub: is missing/ },
    { name: 'an empty subject', claims: { sub: '' }, reason: /^sub: must be text/ },
    { name: 'a subject that is a number', claims: { sub: 7 }, reason: /^sub: must be text/ },
    {
      name: 'a subject of 256 characters',
      claims: { sub: 'x'.repeat(256) },
      reason: /^sub: must be/,
    },
    { name: 'a subject with a newline', claims: { sub: 'a\nb' }, reason: /^sub: must be text/ },
    {
      name: 'a subject with an escape',
      claims: { sub: 'a\u001b[2J' },
      reason: /^sub: must be text/,
    },
    {
      name: 'a subject written backwards',
      claims: { sub: 'a\u202eb' },
      reason: /^sub: must be text/,
    },
    {
      name: 'a subject with half a character',
      claims: { sub: 'a\ud800' },
      reason: /^sub: must be/,
    },
    {
      name: 'a group that is an object',
      claims: { groups: ['a', {}] },
      reason: /^groups: must be a/,
    },
    { name: 'groups that are a number', claims: { groups: 3 }, reason: /^groups: must be a list/ },
    {
      name: 'too many groups',
      claims: { groups: Array.from({ length: MAX_LIST_ENTRIES + 1 }, (_, n) => `g${n}`) },
      reason: /^groups: has more than 500/,
    },
    {
      name: 'too many scopes',
      claims: { scope: 's '.repeat(MAX_LIST_ENTRIES + 1) },
      reason: /^scope: has more than 500/,
    },
    {
      name: 'groups that the issuer keeps elsewhere',
      claims: { _claim_names: { groups: 'src1' }, _claim_sources: { src1: {} } },
      reason: /^groups: the issuer sent a reference/,
    },
    {
      name: 'groups below a claim that the issuer keeps elsewhere',
      claims: { _claim_names: { realm_access: 'src1' } },
      paths: { groups: 'realm_access.roles' },
      reason: /^realm_access.roles: the issuer sent a reference/,
    },
    { name: 'a client that is not text', claims: { azp: ['c'] }, reason: /^azp: must be text/ },
    {
      name: 'too many actors',
      claims: { act: actorChain(MAX_ACTORS + 1) },
      reason: /^act: more than 8/,
    },
    {
      name: 'an actor without a subject',
      claims: { act: { iss: 'x' } },
      reason: /^act: each actor/,
    },
    { name: 'an actor that is text', claims: { act: 'agent' }, reason: /^act: each actor/ },
    { name: 'an actor that is null', claims: { act: null }, reason: /^act: each actor/ },
    { name: 'no expiry', claims: { exp: null }, reason: /^exp: is missing/ },
  ];
  for (const { name, claims, paths, reason } of refused) {
    it(`refuse ${name}`, () => {
      const why = principal(claims, paths);

      expect(why).to.be.a('string').that.matches(reason);
    });
  }

  it('take as many actors as allowed', () => {
    const made = principal({ act: actorChain(MAX_ACTORS) });

    expect(made).to.have.property('actors').with.lengthOf(MAX_ACTORS);
  });

  it('find nothing on the prototype of an object', () => {
    const made = principal({}, { client: 'constructor.name' });

    expect(made).not.to.have.property('clientId');
  });

  it('never repeat a value in a reason', () => {
    const secret = 'do-not-repeat\u0000';

    const reasons = [
      principal({ sub: secret }),
      principal({ groups: [secret] }),
      principal({ scope: secret }),
      principal({ azp: secret }),
      principal({ act: { sub: secret } }),
    ];

    for (const reason of reasons) {
      expect(reason).to.be.a('string').that.does.not.include('do-not-repeat');
    }
  });
});
