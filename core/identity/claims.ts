// From the claims of a token whose signature holds to the principal that rules judge, or to the
// reason why there is none. A reason names the claim, never its value.

import type { JsonObject, JsonValue } from '#core/mcp/messages.ts';
import type { IssuerConfig } from '#crds/policy.ts';
import {
  type ClaimRead,
  claimAt,
  isIdentityText,
  isObject,
  readSpaceList,
  readText,
  readTextList,
} from './claim-path.ts';
import type { Actor, Principal } from './principal.ts';

/** RFC 8693 section 4.1 nests without limit; nobody acts through more parties than this. */
export const MAX_ACTORS = 8;
/** Rules and CEL walk claims recursively; 16 KiB of brackets must not exhaust their stack. */
export const MAX_CLAIMS_DEPTH = 16;

/** The principal that verified `claims` of `issuer` prove. `exp` is read, not judged. */
export function readPrincipal(claims: JsonObject, issuer: IssuerConfig): ClaimRead<Principal> {
  const paths = issuer.claims ?? {};
  const subject = required(readText(claims, paths.subject ?? 'sub'), paths.subject ?? 'sub');
  if (!subject.ok) return subject;
  const groups = readTextList(claims, paths.groups ?? 'groups');
  if (!groups.ok) return groups;
  const scopes = readSpaceList(claims, paths.scopes ?? defaultScopeClaim(claims));
  if (!scopes.ok) return scopes;
  const client = readClient(claims, paths.client);
  if (!client.ok) return client;
  const person = readPerson(claims, paths.person);
  if (!person.ok) return person;
  const actors = readActors(claims);
  if (!actors.ok) return actors;
  const expiresAt = claims.exp;
  if (typeof expiresAt !== 'number') return { ok: false, reason: 'exp: is missing' };
  if (isDeeperThan(claims, MAX_CLAIMS_DEPTH)) {
    return { ok: false, reason: `claims: nested deeper than ${MAX_CLAIMS_DEPTH} levels` };
  }
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

/** `scope` (RFC 9068), or `scp` as some issuers have it. */
function defaultScopeClaim(claims: JsonObject): string {
  return Object.hasOwn(claims, 'scope') ? 'scope' : 'scp';
}

/** `azp` (OpenID Connect), or `client_id` (RFC 9068). */
function readClient(claims: JsonObject, path: string | undefined): ClaimRead<string | undefined> {
  return readText(claims, path ?? (Object.hasOwn(claims, 'azp') ? 'azp' : 'client_id'));
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

function isDeeperThan(value: JsonValue, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (levels === 0) return true;
  return Object.values(value).some((inner: JsonValue) => isDeeperThan(inner, levels - 1));
}
