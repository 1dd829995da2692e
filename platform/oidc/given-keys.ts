// Keys of an issuer that somebody else keeps fresh: those of the cluster, as the policy document brings them.

import type { JsonObject } from '#core/mcp/messages.ts';
import { type KeySet, readKeySet, type TokenHeader } from './key-set.ts';
import type { IssuerKeys, KeyLookup } from './key-source.ts';

export class GivenKeys implements IssuerKeys {
  readonly problem = undefined;
  readonly current: KeySet;

  /** Throws IssuerFault. */
  constructor(keys: readonly JsonObject[]) {
    this.current = readKeySet({ keys });
  }

  ready(): Promise<boolean> {
    return Promise.resolve(true);
  }

  async find(header: TokenHeader): Promise<KeyLookup> {
    const choice = await this.current.choose(header);
    return choice.kind === 'key' ? { ...choice, keySet: this.current } : choice;
  }
}
