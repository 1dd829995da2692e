// Who issues the tokens of ServiceAccounts in this cluster, and with which keys: asked of the API server now and then,
// since it announces a new key before or when it begins to sign with it. What was last heard stays.

import { canonicalize } from '#core/evidence/canonical.ts';
import { isObject, type JsonObject, type JsonValue } from '#core/mcp/messages.ts';
import { MAX_CLUSTER_KEYS } from '#core/policy/read-trust.ts';
import type { ClusterIssuer } from '#core/policy/trust.ts';
import type { KubeClient } from '../kube/client.ts';
import { PATHS } from '../kube/paths.ts';

export interface ClusterIssuerOptions {
  readonly client: Pick<KubeClient, 'find' | 'list'>;
  /** Another issuer, or other keys. */
  readonly onChange: () => void;
  readonly onFault: (error: unknown) => void;
  readonly everyMillis?: number;
}

/** Tokens of a key that nobody has heard of are refused for as long. */
const EVERY_MS = 15_000;
/** What verifying needs of a public key; anything else, and so any private part, is left out. */
const MEMBERS = ['kty', 'kid', 'alg', 'use', 'crv', 'x', 'y', 'n', 'e'] as const;
const MAX_MEMBER_CHARS = 4096;

export class ClusterIssuerWatch {
  readonly #options: ClusterIssuerOptions;
  readonly #timer: NodeJS.Timeout;
  #current: ClusterIssuer | undefined;

  constructor(options: ClusterIssuerOptions) {
    this.#options = options;
    this.#timer = setInterval(() => void this.look(), options.everyMillis ?? EVERY_MS).unref();
  }

  /** Undefined while the API server has not said. */
  get current(): ClusterIssuer | undefined {
    return this.#current;
  }

  /** Never rejects. */
  async look(): Promise<void> {
    const { client, onChange, onFault } = this.#options;
    try {
      const [configuration, document] = await Promise.all([
        client.find(PATHS.openidConfiguration),
        // The API server gives it under this type alone.
        client.list(PATHS.openidKeys, {}, 'application/jwk-set+json'),
      ]);
      const found = readClusterIssuer(configuration, document);
      if (found === undefined) throw new Error('the API server does not say who issues tokens');
      if (this.#current !== undefined && isSame(this.#current, found)) return;
      this.#current = found;
      onChange();
    } catch (error) {
      onFault(error);
    }
  }

  close(): void {
    clearInterval(this.#timer);
  }
}

/** Undefined for anything but an issuer with keys. */
export function readClusterIssuer(
  configuration: unknown,
  document: unknown,
): ClusterIssuer | undefined {
  const { issuer } = Object(configuration);
  const { keys } = Object(document);
  if (typeof issuer !== 'string' || issuer === '' || !Array.isArray(keys)) return undefined;
  const found = keys.slice(0, MAX_CLUSTER_KEYS).flatMap(publicKey).sort(byText);
  return found.length === 0 ? undefined : { issuer, keys: found };
}

function publicKey(key: JsonValue): readonly JsonObject[] {
  if (!isObject(key)) return [];
  const members = MEMBERS.flatMap((name): [string, string][] => {
    const value = Object.hasOwn(key, name) ? key[name] : undefined;
    return typeof value === 'string' && value.length <= MAX_MEMBER_CHARS ? [[name, value]] : [];
  });
  return members.length === 0 ? [] : [Object.fromEntries(members)];
}

/** Replicas of the API server may list them in another order. */
function byText(a: JsonObject, b: JsonObject): number {
  return canonicalize(a) < canonicalize(b) ? -1 : 1;
}

function isSame(a: ClusterIssuer, b: ClusterIssuer): boolean {
  return canonicalize(a) === canonicalize(b);
}
