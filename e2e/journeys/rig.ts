// What a journey stands on: a real OIDC provider, a real MCP server, and `gatehouse run` between them
// as a program of its own, with a policy in a directory of its own. One call starts it, one ends it.

import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { IssuerConfig, McpGatewayPolicy } from '#crds/policy.ts';
import { type CliResult, gatehouse } from '#e2e/demo/cli.ts';
import { type Gatehouse, type GatehouseOptions, startGatehouse } from '#e2e/servers/gatehouse.ts';
import {
  type OidcProvider,
  type OidcProviderOptions,
  startOidcProvider,
  type TokenRequest,
} from '#e2e/servers/oidc-provider.ts';
import type { Running } from '#e2e/servers/run-fixture.ts';
import {
  exchangesIn,
  type RecordedExchange,
  type Records,
  readRecords,
  subjectOf,
} from './evidence.ts';
import { until } from './until.ts';

/** The issuer is filled in; `identity` may add to it. */
export type Spec = McpGatewayPolicy['spec'];

export interface RigOptions<Server extends Running> {
  readonly server: () => Promise<Server>;
  /** One policy document for each, `policy-0` first. */
  readonly specs: readonly Spec[];
  readonly publicUrls?: readonly string[];
  /** Which claims of the issuer's tokens the policies read. */
  readonly claims?: NonNullable<IssuerConfig['claims']>;
  readonly clockSkewSeconds?: number;
  readonly env?: Readonly<Record<string, string>>;
  /** How the identity provider is set up, where that is not as usual. */
  readonly provider?: OidcProviderOptions;
  /** How the program is started, where that is not as usual. */
  readonly start?: StartOptions | ((dataDir: string) => StartOptions);
}

export type StartOptions = Pick<GatehouseOptions, 'flags' | 'within' | 'isStarted'>;

export type TokenWishes = Omit<TokenRequest, 'sub' | 'audience'> & { readonly audience?: string };

export interface Rig<Server extends Running> {
  readonly provider: OidcProvider;
  readonly server: Server;
  /** The gateway that runs now: `restart` puts another one in its place. */
  readonly gatehouse: Gatehouse;
  readonly url: string;
  readonly directory: string;
  readonly data: string;
  readonly policyFiles: readonly string[];
  /** For this gateway, unless another audience is wished for. The same wishes give the same token. */
  token(sub?: string, wishes?: TokenWishes): Promise<string>;
  /** Everything the gateways of this rig have written to stdout and stderr. */
  log(): string;
  records(): Promise<Records>;
  /** The exchanges about `subject` (`tool:echo`, or a method), once `count` of them have an outcome. */
  concluded(subject: string, count?: number): Promise<readonly RecordedExchange[]>;
  /** Puts another policy in the place of a running one, in one step, as an editor does. */
  writePolicy(text: string | Spec, index?: number): Promise<void>;
  /** The same, and waits until the gateway has taken it. */
  activate(spec: Spec, index?: number): Promise<void>;
  /** `gatehouse` with these words; resolves when it has ended. */
  cli(...args: readonly string[]): Promise<CliResult>;
  /** A new gateway on the same port, data and policies; the old one must have ended. */
  restart(options?: StartOptions): Promise<void>;
  close(): Promise<void>;
}

export async function startRig<Server extends Running>(
  options: RigOptions<Server>,
): Promise<Rig<Server>> {
  const directory = await mkdtemp(join(tmpdir(), 'gatehouse-journey-'));
  const closers: (() => Promise<unknown>)[] = [
    () => rm(directory, { recursive: true, force: true }),
  ];
  const close = async (): Promise<void> => {
    for (const each of closers.splice(0).reverse()) await each();
  };
  try {
    // The same curve as most issuers use today, and quicker to make a key for than RSA.
    const provider = await startOidcProvider({ alg: 'ES256', ...options.provider });
    closers.push(() => provider.close());
    const server = await options.server();
    closers.push(() => server.close());
    const rig = new RunningRig({ options, provider, server, directory, close });
    closers.push(() => rig.stop());
    await rig.start();
    return rig;
  } catch (error) {
    await close();
    throw error;
  }
}

interface Parts<Server extends Running> {
  readonly options: RigOptions<Server>;
  readonly provider: OidcProvider;
  readonly server: Server;
  readonly directory: string;
  readonly close: () => Promise<void>;
}

class RunningRig<Server extends Running> implements Rig<Server> {
  readonly provider: OidcProvider;
  readonly server: Server;
  readonly directory: string;
  readonly data: string;
  readonly policyFiles: readonly string[];
  readonly close: () => Promise<void>;
  readonly #options: RigOptions<Server>;
  readonly #tokens = new Map<string, Promise<string>>();
  readonly #ended: string[] = [];
  #gatehouse: Gatehouse | undefined;

  constructor({ options, provider, server, directory, close }: Parts<Server>) {
    this.#options = options;
    this.provider = provider;
    this.server = server;
    this.directory = directory;
    this.close = close;
    this.data = join(directory, 'data');
    this.policyFiles = options.specs.map((_, index) => join(directory, `policy-${index}.yaml`));
  }

  get gatehouse(): Gatehouse {
    if (this.#gatehouse === undefined) throw new Error('the rig is not started');
    return this.#gatehouse;
  }

  get url(): string {
    return this.gatehouse.url;
  }

  async start(): Promise<void> {
    for (const [index, spec] of this.#options.specs.entries()) await this.writePolicy(spec, index);
    await this.#run();
  }

  async restart(options?: StartOptions): Promise<void> {
    if (!this.gatehouse.child.hasExited) throw new Error('the gateway still runs');
    this.#ended.push(this.gatehouse.child.output);
    await this.#run({ port: this.gatehouse.port, ...options });
  }

  async stop(): Promise<void> {
    await this.#gatehouse?.close();
  }

  token(sub = 'alice', wishes: TokenWishes = {}): Promise<string> {
    const key = JSON.stringify([sub, wishes]);
    const token =
      this.#tokens.get(key) ?? this.provider.token({ sub, audience: this.url, ...wishes });
    this.#tokens.set(key, token);
    return token;
  }

  log(): string {
    return [...this.#ended, this.gatehouse.child.output].join('');
  }

  records(): Promise<Records> {
    return readRecords(this.data);
  }

  concluded(subject: string, count = 1): Promise<readonly RecordedExchange[]> {
    return until(`${count} outcomes of ${subject}`, async () => {
      const all = exchangesIn(await this.records());
      const about = all.filter(({ intent }) => subjectOf(intent) === subject);
      return about.filter(({ outcome }) => outcome !== undefined).length >= count && about;
    });
  }

  async writePolicy(text: string | Spec, index = 0): Promise<void> {
    const file = this.policyFiles[index] ?? '';
    const draft = join(this.directory, `.policy-${index}.draft`);
    await writeFile(draft, typeof text === 'string' ? text : this.#document(text, index));
    await rename(draft, file);
  }

  async activate(spec: Spec, index = 0): Promise<void> {
    // The log says so after the swap; the evidence, before it.
    const count = (what: string) => this.log().split(what).length;
    const [activated, rejected] = [count('"policy activated"'), count('"policy rejected')];
    await this.writePolicy(spec, index);
    await until('the policy activated', () => {
      if (count('"policy rejected') > rejected) throw new Error(this.log());
      return count('"policy activated"') > activated;
    });
  }

  cli(...args: readonly string[]): Promise<CliResult> {
    return gatehouse(...args);
  }

  #document(spec: Spec, index: number): string {
    const { claims, clockSkewSeconds } = this.#options;
    const issuer = {
      name: 'corp',
      issuer: this.provider.issuer,
      ...(claims === undefined ? {} : { claims }),
      ...(clockSkewSeconds === undefined ? {} : { clockSkewSeconds }),
    };
    const issuers = [issuer];
    const document = {
      apiVersion: 'gatehouse.dev/v1alpha1',
      kind: 'McpGatewayPolicy',
      metadata: { name: `policy-${index}` },
      spec: { ...spec, identity: { issuers, ...spec.identity } },
    };
    // In quotes, since Kubernetes reads a rule named `no` as false.
    return stringify(document, { defaultKeyType: 'PLAIN', defaultStringType: 'QUOTE_DOUBLE' });
  }

  async #run(again?: { readonly port: number } & StartOptions): Promise<void> {
    const { publicUrls, env, start } = this.#options;
    const usual = typeof start === 'function' ? start(this.data) : start;
    this.#gatehouse = await startGatehouse({
      policies: this.policyFiles,
      upstream: this.server.url,
      data: this.data,
      ...(publicUrls === undefined ? {} : { publicUrls }),
      ...(env === undefined ? {} : { env }),
      ...usual,
      ...again,
    });
  }
}
