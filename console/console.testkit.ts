// A console on a free port, over a desk in memory, with people who are signed in already; and a browser
// that sends whatever a test likes.

import {
  AUDIENCE,
  CORP,
  type Facts,
  MCP,
  principal,
  request,
  TERMS,
} from '#core/approvals/approvals.testkit.ts';
import { DeskBench } from '#core/approvals/desk.testkit.ts';
import type { RecordDraft } from '#core/evidence/record.ts';
import type { Principal } from '#core/identity/principal.ts';
import { compilePolicies } from '#core/policy/compile.ts';
import type { IssuerConfig } from '#crds/policy.ts';
import { fileSessions } from '#platform/file/recorded-sessions.ts';
import { MemoryVisitStore } from '#platform/memory/visit-store.ts';
import { CodeFlowFault, type Wish } from '#platform/oidc/code-flow.ts';
import { createClock } from '#platform/process/clock.ts';
import { createLogger } from '#platform/process/log.ts';
import { Sealer } from '#platform/process/seal.ts';
import { readAssets } from './assets.ts';
import type { Console } from './console.ts';
import type { ConsoleNamespace } from './namespace.ts';
import { type ConsoleServer, startServer } from './server.ts';
import { SessionShelf, type ShelfOptions } from './session-shelf.ts';
import { BESIDE_FLAGS } from './settings.ts';
import { type Trusted, trustOf } from './trust.ts';
import { Visits } from './visits.ts';

/** What a test changes about the request a browser would make. */
export interface Sent {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly form?: Readonly<Record<string, string>>;
}

type Shelf = Pick<ShelfOptions, 'opener'> & { readonly dataDir: string };

export class ConsoleBench {
  readonly bench = new DeskBench();
  readonly records: RecordDraft[] = [];
  /** What the log says. */
  log = '';
  approvalAudience: string | undefined = AUDIENCE;
  /** Why tokens were not taken. */
  readonly unproven: string[] = [];
  isHurried = false;
  /** Who comes back from the identity provider; undefined: somebody it does not let in. */
  person: Principal | undefined;
  /** What the console asked of the provider. */
  readonly wishes: (Wish & { readonly anew: boolean })[] = [];
  issuers: readonly IssuerConfig[] = [{ name: 'corp', issuer: CORP }];
  /** Thrown instead of appending a record. */
  appendFails: Error | undefined;
  /** Thrown instead of finding or keeping a visit. */
  visitsFail: Error | undefined;
  readonly #more: ConsoleNamespace[] = [];
  readonly #shelf: Shelf;
  #console: Console | undefined;
  #server: ConsoleServer | undefined;

  private constructor(shelf: Shelf) {
    this.#shelf = shelf;
  }

  /** Without evidence to read unless a directory is named. */
  static async start(shelf: Shelf = { dataDir: '/nowhere' }): Promise<ConsoleBench> {
    const bench = new ConsoleBench(shelf);
    await bench.#start();
    return bench;
  }

  get origin(): string {
    return this.#started.settings.publicUrl.origin;
  }

  /** The cookie of somebody who has signed in, of finance unless `facts` say otherwise. */
  async visit(
    subject: string,
    facts: Facts = {},
  ): Promise<{ readonly cookie: string; readonly form: string }> {
    const { visits } = this.#started;
    const trust = trustOf(this.#trusted(), CORP);
    const secret = await visits.begin(principal(subject, { groups: ['finance'], ...facts }), trust);
    const visit = await visits.find(secret, () => true);
    return { cookie: `__Host-gatehouse=${secret}`, form: visit?.formToken ?? '' };
  }

  /** Another namespace that is served, with a desk of its own under the same policy. */
  addNamespace(name: string): DeskBench {
    const bench = new DeskBench();
    this.#more.push(this.#namespace(name, bench));
    return bench;
  }

  /** A request of Alice that waits, by default for 15 minutes; its id. */
  ask(name: string, pendingTtlSeconds = TERMS.pendingTtlSeconds): Promise<string> {
    return this.bench.ask(name, request(name, { terms: { ...TERMS, pendingTtlSeconds } }));
  }

  get nowSeconds(): number {
    return this.bench.now / 1000;
  }

  pass(seconds: number): void {
    this.bench.now += seconds * 1000;
  }

  get(path: string, headers: Readonly<Record<string, string>> = {}): Promise<Response> {
    return this.send(path, { headers });
  }

  /** A form as the console's own page would send it. */
  post(
    path: string,
    by: { readonly cookie: string; readonly form: string },
    fields: Readonly<Record<string, string>>,
  ): Promise<Response> {
    return this.send(path, {
      method: 'POST',
      headers: { cookie: by.cookie, origin: this.origin },
      form: { form: by.form, ...fields },
    });
  }

  send(path: string, { method = 'GET', headers = {}, form }: Sent): Promise<Response> {
    return fetch(`${this.origin}${path}`, {
      method,
      headers,
      redirect: 'manual',
      ...(form === undefined ? {} : { body: new URLSearchParams(form) }),
    });
  }

  async close(): Promise<void> {
    await this.#server?.close();
  }

  get #started(): Console {
    if (this.#console === undefined) throw new Error('the console is not started');
    return this.#console;
  }

  #trusted(): Trusted {
    const compiled = compilePolicies([
      {
        apiVersion: 'gatehouse.dev/v1alpha1',
        kind: 'McpGatewayPolicy',
        metadata: { name: 'demo' },
        spec: { identity: { issuers: [...this.issuers] } },
      },
    ]);
    if (!compiled.ok) throw new Error('the policy of the bench is wrong');
    const { approvalAudience } = this;
    const verify = async () =>
      this.person === undefined
        ? ({ ok: false, code: 'token_invalid', reason: 'none' } as const)
        : ({ ok: true, principal: this.person } as const);
    return {
      policy: {
        ...compiled.policy,
        ...(approvalAudience === undefined ? {} : { approvalAudience }),
      },
      verifier: { verify },
      publicUrls: [MCP],
    };
  }

  async #start(): Promise<void> {
    const now = () => this.bench.now;
    const settings = {
      listen: { host: '127.0.0.1', port: 0 },
      // Known once the port is; the server reads it with each request.
      publicUrl: new URL('http://127.0.0.1'),
      auditors: ['audit'],
      dataDir: this.#shelf.dataDir,
      allowPlainHttp: false,
      flags: BESIDE_FLAGS,
    };
    const own = this.#namespace('default', this.bench);
    const sealer = new Sealer([new Uint8Array(32).fill(7)]);
    const visits = new MemoryVisitStore(now);
    const get = visits.get.bind(visits);
    visits.get = (key) => (this.visitsFail ? Promise.reject(this.visitsFail) : get(key));
    this.#console = {
      settings,
      namespaces: () => [own, ...this.#more],
      tooSoon: () => (this.isHurried ? 1 : undefined),
      visits: new Visits({ store: visits, sealer, nowSeconds: () => now() / 1000 }),
      codeFlow: {
        begin: async (wish, anew) => {
          this.wishes.push({ ...wish, anew });
          const begun = { ...wish, state: 's', nonce: 'n', verifier: 'v' };
          return { url: new URL('/auth', wish.issuer), begun };
        },
        finish: async () => {
          if (this.person === undefined) throw new CodeFlowFault('refused', 'not let in');
          return 'token';
        },
      },
      sealer,
      assets: await readAssets(),
      clock: { ...createClock(), epochSeconds: () => now() / 1000 },
      log: createLogger({
        level: 'debug',
        write: (text) => {
          this.log += text;
        },
        now: () => '',
      }),
    };
    this.#server = await startServer(this.#console);
    settings.publicUrl.port = String(this.#server.port);
  }

  #namespace(name: string, { desk }: DeskBench): ConsoleNamespace {
    return {
      name,
      desk,
      append: async (draft) => {
        if (this.appendFails !== undefined) throw this.appendFails;
        this.records.push(draft);
      },
      onUnproven: async ({ reason }) => void this.unproven.push(reason),
      trusted: () => this.#trusted(),
      sessions: new SessionShelf({
        auditors: ['audit'],
        recorded: fileSessions(this.#shelf.dataDir),
        opener: this.#shelf.opener,
        nowMillis: () => this.bench.now,
      }),
    };
  }
}
