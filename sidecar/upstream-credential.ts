// As whom a call reaches the MCP server: by a token of ours that names the caller, by one fixed
// credential, or by nothing. Never by what the client sent.

import type { Principal } from '#core/identity/principal.ts';
import type { CompiledPolicy } from '#core/policy/compiled.ts';
import { readSecretFile, SecretFileFault } from '#platform/file/secret-file.ts';
import { type SecretPlaces, secretFile } from '#platform/file/secret-source.ts';
import type { UpstreamSigner } from './upstream-signer.ts';

export type CredentialHeaders = Readonly<Record<string, string>>;

export interface UpstreamCredential {
  /** Headers that only Gatehouse sets, spelled as isForwardable compares them: a client's are dropped. */
  readonly ownHeaders: ReadonlySet<string>;
  /** Names in lower case. Never rejects: a credential that cannot be renewed stays as it was. */
  headersFor(principal: Principal, exchangeId: string): Promise<CredentialHeaders>;
}

export interface CredentialDeps extends SecretPlaces {
  readonly signer: UpstreamSigner;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Told, without any value, that a file can no longer be used and its last value stays. */
  readonly onStale: (problem: string) => void;
}

/** A credential that cannot be had: names the field and what to do, never a value. */
export class CredentialFault extends Error {
  override readonly name = 'CredentialFault';
  readonly code = 'upstream_credential';
}

/** Names the call in the server's own log as it is named in the evidence. */
export const EXCHANGE_HEADER = 'gatehouse-exchange';
/** How old a changed credential file may grow before it is noticed. */
export const FILE_RECHECK_MS = 5_000;

/** Resolves once the credential is at hand; rejects with CredentialFault. */
export async function createUpstreamCredential(
  config: CompiledPolicy['upstream'],
  deps: CredentialDeps,
): Promise<UpstreamCredential> {
  switch (config.mode) {
    case 'GatehouseToken':
      return {
        ownHeaders: new Set(['authorization', EXCHANGE_HEADER]),
        headersFor: (principal, exchangeId) =>
          Promise.resolve({
            authorization: `Bearer ${deps.signer.tokenFor(principal)}`,
            [EXCHANGE_HEADER]: exchangeId,
          }),
      };
    case 'None':
      return {
        ownHeaders: new Set([EXCHANGE_HEADER]),
        headersFor: (_, exchangeId) => Promise.resolve({ [EXCHANGE_HEADER]: exchangeId }),
      };
    case 'Static': {
      const header = config.header.toLowerCase();
      const secret = await createSecret(header, config.from, deps);
      return {
        ownHeaders: new Set([header.replaceAll('_', '-'), EXCHANGE_HEADER]),
        headersFor: async (_, exchangeId) => ({
          [header]: await secret(),
          [EXCHANGE_HEADER]: exchangeId,
        }),
      };
    }
  }
}

type Secret = () => Promise<string>;
type Source = Extract<CompiledPolicy['upstream'], { readonly mode: 'Static' }>['from'];

const FIELD = 'spec.identity.upstream.static.valueFrom';

async function createSecret(header: string, from: Source, deps: CredentialDeps): Promise<Secret> {
  switch (from.kind) {
    case 'env': {
      const value = credentialValue(header, deps.env[from.name]);
      if (value === undefined) {
        throw new CredentialFault(
          `${FIELD}.env: ${from.name} is unset or not a header value; set it to the credential alone`,
        );
      }
      return () => Promise.resolve(value);
    }
    case 'file': {
      const place = { header, path: from.path, named: `file: ${from.path}` };
      return rereadSecret(await readValue(place), place, deps);
    }
    case 'secret': {
      const place = secretPlace(header, from, deps);
      return rereadSecret(await readValue(place), place, deps);
    }
  }
}

/** Resolves when the credential is there and can be sent; rejects with CredentialFault. */
export async function requireSecretCredential(
  config: CompiledPolicy['upstream'],
  places: Pick<SecretPlaces, 'secretsDir'>,
): Promise<void> {
  if (config.mode !== 'Static' || config.from.kind !== 'secret') return;
  await readValue(secretPlace(config.header.toLowerCase(), config.from, places));
}

interface FilePlace {
  readonly header: string;
  readonly path: string;
  /** As problems name it. */
  readonly named: string;
}

function secretPlace(
  header: string,
  from: Extract<Source, { readonly kind: 'secret' }>,
  places: Pick<SecretPlaces, 'secretsDir'>,
): FilePlace {
  const named = `secretRef: key ${from.key} of Secret ${from.name}`;
  const path = secretFile(from, places);
  if (path !== undefined) return { header, path, named };
  throw new CredentialFault(`${FIELD}.${named}: there are no Secrets outside a cluster`);
}

/** The value of the file as of at most FILE_RECHECK_MS ago; one reader at a time. */
function rereadSecret(first: string, place: FilePlace, deps: CredentialDeps): Secret {
  let value = first;
  let readAtMs = deps.now();
  let reading: Promise<void> | undefined;
  let isStale = false;

  async function reread(): Promise<void> {
    readAtMs = deps.now();
    try {
      value = await readValue(place);
      isStale = false;
    } catch (error) {
      if (!(error instanceof CredentialFault)) throw error;
      if (!isStale) deps.onStale(error.message);
      isStale = true;
    }
  }

  return async () => {
    if (Math.abs(deps.now() - readAtMs) >= FILE_RECHECK_MS) {
      reading ??= reread().finally(() => {
        reading = undefined;
      });
    }
    await reading;
    return value;
  };
}

async function readValue({ header, path, named }: FilePlace): Promise<string> {
  const text = await readSecretFile(path).catch((cause: unknown) => {
    if (!(cause instanceof SecretFileFault)) throw cause;
    throw new CredentialFault(`${FIELD}.${named}: ${cause.why}`, { cause });
  });
  const value = credentialValue(header, text);
  if (value === undefined) {
    throw new CredentialFault(
      `${FIELD}.${named}: does not hold one header value; write the credential on one line`,
    );
  }
  return value;
}

/** RFC 9110 section 5.5 without the obsolete parts: nothing that could begin another header. */
const HEADER_VALUE = /^[\x21-\x7e](?:[\x20-\x7e\t]*[\x21-\x7e])?$/;

/** As it is sent; undefined for what could not be sent as one value. */
export function credentialValue(header: string, text: string | undefined): string | undefined {
  if (text === undefined || !HEADER_VALUE.test(text)) return undefined;
  // A bare token is meant as a bearer token; Authorization always has a scheme.
  return header === 'authorization' && !text.includes(' ') ? `Bearer ${text}` : text;
}
