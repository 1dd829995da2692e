// Who a rule is for: `subjects` compiled into one test of a principal. Scopes stand apart
// (compiled.ts), since lacking them is answered with a step-up and does not hide anything.

import { claimAt } from '#core/identity/claim-path.ts';
import type { Principal } from '#core/identity/principal.ts';
import type { JsonValue } from '#core/mcp/messages.ts';
import type { RuleSubjects } from '#crds/policy.ts';

export type SubjectField = 'issuer' | 'subjects' | 'groups' | 'claims' | 'clients' | 'actors';

/** The first field that does not hold for a principal; undefined when the rule is for them. */
export type SubjectTest = (principal: Principal) => SubjectField | undefined;

interface FieldTest {
  readonly field: SubjectField;
  readonly holds: (principal: Principal) => boolean;
}

/**
 * Fields join with "and", the entries of one with "or"; claims alone must all hold, each with any of
 * its values. `restricts`: the rule denies or asks, and then any agent of the chain counts; a rule that
 * allows looks only at the one that acts now (RFC 8693 section 4.1: earlier ones are no ground for access).
 */
export function compileSubjects(
  subjects: RuleSubjects | undefined,
  restricts: boolean,
): SubjectTest {
  const tests = fieldTests(subjects ?? {}, restricts);
  return (principal) => tests.find((test) => !test.holds(principal))?.field;
}

export function lacksScopes(principal: Principal, scopes: readonly string[]): boolean {
  return scopes.some((scope) => !principal.scopes.includes(scope));
}

function fieldTests(subjects: RuleSubjects, restricts: boolean): readonly FieldTest[] {
  const tests: FieldTest[] = [];
  const { issuer, claims } = subjects;
  if (issuer !== undefined) {
    tests.push({ field: 'issuer', holds: (principal) => principal.issuerName === issuer });
  }
  addList(tests, 'subjects', subjects.subjects, ({ subject }) => [subject]);
  addList(tests, 'groups', subjects.groups, ({ groups }) => groups);
  addList(tests, 'clients', subjects.clients, ({ clientId }) =>
    clientId === undefined ? [] : [clientId],
  );
  addList(tests, 'actors', subjects.actors, restricts ? everyActor : currentActor);
  if (claims !== undefined) {
    const wanted = claims.map(({ name, values }) => ({ name, values: new Set(values) }));
    const holds = (principal: Principal): boolean =>
      wanted.every(({ name, values }) =>
        textsOf(claimAt(principal.claims, name)).some((text) => values.has(text)),
      );
    tests.push({ field: 'claims', holds });
  }
  return tests;
}

function everyActor({ actors }: Principal): readonly string[] {
  return actors.map((actor) => actor.subject);
}

/** Under its own issuer only: another's subject of the same name is someone else. */
function currentActor({ actors, issuer }: Principal): readonly string[] {
  const actor = actors[0];
  return actor === undefined || (actor.issuer ?? issuer) !== issuer ? [] : [actor.subject];
}

function addList(
  tests: FieldTest[],
  field: SubjectField,
  entries: readonly string[] | undefined,
  read: (principal: Principal) => readonly string[],
): void {
  if (entries === undefined) return;
  const wanted = new Set(entries);
  tests.push({ field, holds: (principal) => read(principal).some((text) => wanted.has(text)) });
}

/** A claim as the texts a rule can name: itself, or its elements when it is a list. */
function textsOf(claim: JsonValue | undefined): readonly string[] {
  if (Array.isArray(claim)) return claim.flatMap(textsOf);
  switch (typeof claim) {
    case 'string':
      return [claim];
    case 'number':
    case 'boolean':
      return [String(claim)];
    default:
      return [];
  }
}
