// Where the authorities are kept: one Secret of the operator, written by the leader alone and only over the
// version that it read. Two implementations: the cluster, and memory for what takes years.

import { encoded, readTexts } from '../keys/secrets.ts';
import type { KubeClient } from '../kube/client.ts';
import { isConflict, KubeFault } from '../kube/kube-fault.ts';
import { MANAGED_BY, PATHS } from '../kube/paths.ts';
import type { Authorities } from './authorities.ts';

export interface Stored {
  readonly authorities: Authorities;
  readonly version: string;
}

export interface AuthorityStore {
  /** Undefined before there are any. */
  read(): Promise<Stored | undefined>;
  /** False when somebody else wrote since `version` was read; undefined: when there was none. */
  write(authorities: Authorities, version: string | undefined): Promise<boolean>;
}

export const AUTHORITY_SECRET = 'gatehouse-operator-authority';

const KEYS = {
  signingCert: 'signing.crt',
  signingKey: 'signing.key',
  nextCert: 'next.crt',
  nextKey: 'next.key',
  previousCert: 'previous.crt',
  since: 'signs-since',
} as const;

export class SecretAuthorityStore implements AuthorityStore {
  readonly #client: KubeClient;
  readonly #namespace: string;

  constructor(client: KubeClient, namespace: string) {
    this.#client = client;
    this.#namespace = namespace;
  }

  async read(): Promise<Stored | undefined> {
    const secret = await this.#client.find(PATHS.secret(this.#namespace, AUTHORITY_SECRET));
    const authorities = secret === undefined ? undefined : parse(readTexts(secret));
    const version: unknown = Object(Object(secret).metadata).resourceVersion;
    return authorities === undefined ? undefined : { authorities, version: String(version) };
  }

  async write(authorities: Authorities, version: string | undefined): Promise<boolean> {
    const metadata = { name: AUTHORITY_SECRET, namespace: this.#namespace, labels: MANAGED_BY };
    const data = encoded(texts(authorities));
    const secret = { apiVersion: 'v1', kind: 'Secret', type: 'Opaque', metadata, data };
    try {
      if (version === undefined) {
        await this.#client.create(PATHS.secrets(this.#namespace), secret);
      } else {
        await this.#client.replace(PATHS.secret(this.#namespace, AUTHORITY_SECRET), {
          ...secret,
          metadata: { ...metadata, resourceVersion: version },
        });
      }
      return true;
    } catch (error) {
      if (isConflict(error) || (error instanceof KubeFault && error.status === 404)) return false;
      throw error;
    }
  }
}

export class MemoryAuthorityStore implements AuthorityStore {
  #authorities: Authorities | undefined;
  #version = 0;

  async read(): Promise<Stored | undefined> {
    if (this.#authorities === undefined) return undefined;
    return { authorities: this.#authorities, version: String(this.#version) };
  }

  async write(authorities: Authorities, version: string | undefined): Promise<boolean> {
    const current = this.#authorities === undefined ? undefined : String(this.#version);
    if (version !== current) return false;
    this.#authorities = authorities;
    this.#version += 1;
    return true;
  }
}

function texts({ signing, next, previous, signsSinceMillis }: Authorities): Map<string, string> {
  return new Map([
    [KEYS.signingCert, signing.cert],
    [KEYS.signingKey, signing.key],
    [KEYS.since, new Date(signsSinceMillis).toISOString()],
    ...(next === undefined
      ? []
      : ([
          [KEYS.nextCert, next.cert],
          [KEYS.nextKey, next.key],
        ] as const)),
    ...(previous === undefined ? [] : ([[KEYS.previousCert, previous]] as const)),
  ]);
}

/** Undefined when it is not whole: then a new authority is made, which is what removing it is for. */
function parse(found: ReadonlyMap<string, string>): Authorities | undefined {
  const signing = pair(found, KEYS.signingCert, KEYS.signingKey);
  const signsSinceMillis = Date.parse(found.get(KEYS.since) ?? '');
  if (signing === undefined || Number.isNaN(signsSinceMillis)) return undefined;
  const next = pair(found, KEYS.nextCert, KEYS.nextKey);
  const previous = found.get(KEYS.previousCert);
  return {
    ...{ signing, signsSinceMillis },
    ...(next === undefined ? {} : { next }),
    ...(previous === undefined ? {} : { previous }),
  };
}

function pair(found: ReadonlyMap<string, string>, certName: string, keyName: string) {
  const cert = found.get(certName);
  const key = found.get(keyName);
  return cert === undefined || key === undefined ? undefined : { cert, key };
}
