// The certificate that one replica serves with: signed by the authority of the moment, kept in memory, renewed
// before it ends. The leader moves the authorities on; all replicas follow.

import { type Authorities, bundle, isDue, nextStep, take, validity } from './authorities.ts';
import type { AuthorityStore, Stored } from './authority-store.ts';
import type { CaBundles } from './ca-bundles.ts';
import type { Certified } from './issue.ts';
import { issueLeaf, makeAuthority } from './issue.ts';

export interface ServingOptions {
  readonly store: AuthorityStore;
  readonly caBundles: CaBundles;
  readonly dnsNames: readonly string[];
  readonly nowMillis: () => number;
  readonly leads: () => boolean;
  /** The certificate changed: whoever serves takes it up. */
  readonly onChange: (leaf: Certified) => void;
}

const AUTHORITY_NAME = 'gatehouse operator';
const ATTEMPTS = 5;

export class ServingCertificate {
  readonly #options: ServingOptions;
  #authorities: Authorities | undefined;
  #leaf: Certified | undefined;
  #issuer = '';
  #observed: readonly string[] | undefined;

  constructor(options: ServingOptions) {
    this.#options = options;
  }

  /** Rejects when the cluster does not answer; called again and again. */
  async tick(): Promise<void> {
    let stored = await this.#current();
    this.#observed = await this.#options.caBundles.observed();
    if (this.#options.leads()) stored = await this.#lead(stored);
    this.#authorities = stored.authorities;
    await this.#renew(stored.authorities);
  }

  /** PEM of what clients of this operator are to believe. Empty before the first tick. */
  get bundle(): string {
    return this.#authorities === undefined ? '' : bundle(this.#authorities);
  }

  get leaf(): Certified | undefined {
    return this.#leaf;
  }

  /** The API server would take our certificate, for each webhook that has been given an authority; true also where no webhooks are installed. */
  get isBelieved(): boolean {
    if (this.#leaf === undefined) return false;
    if (this.#observed === undefined) return true;
    const issuer = this.#issuer.trim();
    // One that an upgrade of the chart brought has none yet; not to be ready would take away those that serve.
    const given = this.#observed.filter((each) => each !== '');
    return given.length > 0 && given.every((each) => each.includes(issuer));
  }

  /** Of the certificate; 0 before there is one. */
  get secondsLeft(): number {
    if (this.#leaf === undefined) return 0;
    return (validity(this.#leaf.cert).toMillis - this.#options.nowMillis()) / 1000;
  }

  /** The first replica makes the first authority, whether it leads yet or not. */
  async #current(): Promise<Stored> {
    const { store, nowMillis } = this.#options;
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      const stored = await store.read();
      if (stored !== undefined) return stored;
      const signing = await makeAuthority(AUTHORITY_NAME, nowMillis());
      await store.write({ signing, signsSinceMillis: nowMillis() }, undefined);
    }
    throw new Error('the authority of the operator can neither be read nor made');
  }

  async #lead(stored: Stored): Promise<Stored> {
    const { caBundles } = this.#options;
    const moved = await this.#move(stored);
    await caBundles.write(bundle(moved.authorities));
    this.#observed = await caBundles.observed();
    return moved;
  }

  async #move(stored: Stored): Promise<Stored> {
    const { store, nowMillis } = this.#options;
    const { authorities, version } = stored;
    const next = authorities.next?.cert.trim();
    const isNextBelieved =
      next !== undefined && (this.#observed ?? []).every((each) => each.includes(next));
    const step = nextStep(authorities, { nowMillis: nowMillis(), isNextBelieved });
    if (step === undefined) return stored;
    const moved =
      step === 'prepare'
        ? { ...authorities, next: await makeAuthority(AUTHORITY_NAME, nowMillis()) }
        : take(step, authorities, nowMillis());
    // Another leader came first: what it wrote is read at the next tick.
    await store.write(moved, version);
    return (await store.read()) ?? stored;
  }

  async #renew({ signing }: Authorities): Promise<void> {
    const { dnsNames, nowMillis, onChange } = this.#options;
    const isCurrent =
      this.#leaf !== undefined &&
      this.#issuer === signing.cert &&
      !isDue(this.#leaf.cert, nowMillis());
    if (isCurrent) return;
    this.#leaf = await issueLeaf(signing, dnsNames, nowMillis());
    this.#issuer = signing.cert;
    onChange(this.#leaf);
  }
}
