// Ledgers on a Redis of tests, with a trust key of their own and anchors in memory.

import { generateKeyPairSync } from 'node:crypto';
import { tickingClock } from '#core/evidence/drafts.fixture.ts';
import type { RunningLedger } from '#core/evidence/running-ledger.ts';
import { type SignatureKey, signatureKey, signerFor } from '#core/evidence/signature.ts';
import type { EvidenceSource, StoredAnchor } from '#core/evidence/source.ts';
import type { RedisClient } from './client.ts';
import { openRedisEvidence } from './evidence-source.ts';
import type { Namespace } from './keys.ts';
import { openRedisLedger, type RedisLedgerOptions } from './ledger.ts';
import { connectTo } from './stores.fixture.ts';

export interface TestLedger {
  readonly ledger: RunningLedger;
  /** The ledger's own connection: what is asked on it stands in line with its writes. */
  readonly client: RedisClient;
}

export class LedgerBench {
  readonly url: string;
  readonly namespace: Namespace;
  readonly trust: SignatureKey;
  readonly signer = signerFor(generateKeyPairSync('ed25519').privateKey);
  readonly #anchors = new Map<string, string>();

  constructor(url: string, namespace: Namespace) {
    this.url = url;
    this.namespace = namespace;
    this.trust = signatureKey(this.signer.publicKey);
  }

  async open(options: Partial<RedisLedgerOptions> = {}): Promise<TestLedger> {
    const client = await connectTo(this.url);
    const ledger = await openRedisLedger({ ...this.writing(client), ...options });
    return { ledger, client };
  }

  /** As whoever writes here is set up. */
  writing(client: RedisClient): RedisLedgerOptions {
    return {
      client,
      namespace: this.namespace,
      checkpoints: {
        trust: { id: this.trust.id, signer: this.signer },
        anchors: {
          read: async (log) => this.#anchors.get(log),
          write: async (log, line) => void this.#anchors.set(log, line),
        },
      },
      version: '0.0.0-test',
      now: tickingClock(),
    };
  }

  get anchors(): readonly StoredAnchor[] {
    return [...this.#anchors].map(([file, text]) => ({ file, text }));
  }

  /** All logs, as a verifier reads them: read to their end before the connection closes. */
  async logs(client: RedisClient): Promise<readonly EvidenceSource[]> {
    const logs = await openRedisEvidence(client, this.namespace, this.anchors);
    return logs.map(({ source }) => source);
  }
}
