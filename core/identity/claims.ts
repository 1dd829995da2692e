// From the claims of a token whose signature holds to the principal that rules judge, or to the
// reason why there is none. A reason names the claim, never its value.

import { isObject, type JsonObject, type JsonValue } from '#core/mcp/messages.ts';
import type { IssuerConfig } from '#crds/policy.ts';
import {
  type ClaimRead,
  claimAt,
  isIdentityText,
  readSpaceList,
  readText,
  readTextList,
} from './claim-path.ts';
import type { Actor, Principal } from './principal.ts';

/** RFC 8693 section 4.1 nests without limit; nobody acts through more parties than this. */
export const MAX_ACTORS = 8;

/** The principal that verified `claims` of `issuer` prove. `exp` is read, not judged. */
export function readPrincipal(claims: JsonObject, issuer: IssuerConfig): ClaimRead<Principal> {
  const paths = issuer.claims ?? {};
  const subject = required(readText(claims, paths.subject ?? 'sub'), paths.subject ?? 'sub');
  if (!subject.ok) return subject;
  const groups = readTextList(claims, paths.groups ?? 'groups');
  if (!groups.ok) return groups;
  const scopes = readScopes(claims, paths.scopes);
  if (!scopes.ok) return scopes;
  const client = readClient(claims, paths.client);
  if (!client.ok) return client;
  const person = readPerson(claims, paths.person);
  if (!person.ok) return person;
  const actors = readActors(claims);
  if (!actors.ok) return actors;
  const expiresAt = claims.exp;
  if (typeof expiresAt !== 'number') return { ok: false, reason: 'exp: is missing' };
  return {
    ok: true,
    value: {
      issuer: issuer.issuer,
      issuerName: issuer.name,
      subject: subject.value,
      actors: actors.value,
      groups: groups.value,
      scopes: scopes.value,
      ...(client.value === undefined ? {} : { clientId: client.value }),
      ...(person.value === undefined ? {} : { person: person.value }),
      claims,
      expiresAtSeconds: Math.floor(expiresAt),
    },
  };
}

function required(read: ClaimRead<string | undefined>, path: string): ClaimRead<string> {
  if (!read.ok) return read;
  return read.value === undefined
    ? { ok: false, reason: `${path}: is missing; it names the subject` }
    : { ok: true, value: read.value };
}

/** `scope` (RFC 9068), or `scp` where an issuer says that instead. */
function readScopes(claims: JsonObject, path = 'scope'): ClaimRead<readonly string[]> {
  const usesScp = path === 'scope' && !Object.hasOwn(claims, 'scope');
  return readSpaceList(claims, usesScp ? 'scp' : path);
}

/** `client_id` (RFC 9068) or what the policy names instead; where absent, `azp` (OpenID Connect). */
function readClient(claims: JsonObject, path = 'client_id'): ClaimRead<string | undefined> {
  const client = readText(claims, path);
  return client.ok && client.value === undefined ? readText(claims, 'azp') : client;
}

/**
 * The human behind the subject. An address counts only when the issuer says in the same breath that
 * it was verified: otherwise anyone could become someone else by typing their address.
 */
function readPerson(claims: JsonObject, path: string | undefined): ClaimRead<string | undefined> {
  if (path === undefined || (isEmail(path) && !isEmailVerified(claims, path))) {
    return { ok: true, value: undefined };
  }
  return readText(claims, path);
}

function isEmail(path: string): boolean {
  return path === 'email' || path.endsWith('.email');
}

function isEmailVerified(claims: JsonObject, path: string): boolean {
  return claimAt(claims, `${path}_verified`) === true;
}

/** The `act` chain, nearest first. Refused rather than cut: a rule may deny its last link. */
function readActors(claims: JsonObject): ClaimRead<readonly Actor[]> {
  const actors: Actor[] = [];
  let link = ownValue(claims, 'act');
  while (link !== undefined) {
    if (actors.length === MAX_ACTORS) {
      return { ok: false, reason: `act: more than ${MAX_ACTORS} actors` };
    }
    const actor = readActor(link);
    if (actor === undefined || !isObject(link)) {
      return { ok: false, reason: 'act: each actor must be an object whose sub (and iss) is text' };
    }
    actors.push(actor);
    link = ownValue(link, 'act');
  }
  return { ok: true, value: actors };
}

function readActor(link: JsonValue): Actor | undefined {
  if (!isObject(link)) return undefined;
  const subject = ownValue(link, 'sub');
  const issuer = ownValue(link, 'iss');
  if (!isIdentityText(subject) || (issuer !== undefined && !isIdentityText(issuer))) {
    return undefined;
  }
  return { subject, ...(issuer === undefined ? {} : { issuer }) };
}

function ownValue(object: JsonObject, name: string): JsonValue | undefined {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}
