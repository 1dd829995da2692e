// The waiting ladder with real parts in memory, its clock, and short ways to call and to decide. Calls get
// a prompt: what a server says of its tools is for the journeys.

import { createHmac } from 'node:crypto';
import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import type { Approval, ApprovalState } from '#core/approvals/approval.ts';
import { approver, ballot, principal, T0, TRUSTED } from '#core/approvals/approvals.testkit.ts';
import { parseCommit } from '#core/evidence/commit.ts';
import type { StoredRecord } from '#core/evidence/parse-record.ts';
import type { Principal } from '#core/identity/principal.ts';
import type { TokenVerifier } from '#core/identity/token-verifier.ts';
import { Slots } from '#core/limiter.ts';
import { readJson } from '#core/mcp/json.ts';
import { parseMessage } from '#core/mcp/message.ts';
import type { JsonObject } from '#core/mcp/messages.ts';
import type { Revision } from '#core/mcp/revisions.ts';
import { compileWhole } from '#core/policy/compile.ts';
import { evaluate } from '#core/policy/evaluate.ts';
import { document } from '#core/policy/policies.fixture.ts';
import type { McpGatewayPolicySpec } from '#crds/policy.ts';
import { openMemoryApprovalStore } from '#platform/memory/approval-store.ts';
import { MemoryLedger } from '#platform/memory/ledger.ts';
import { createLogger } from '#platform/process/log.ts';
import { Sealer } from '#platform/process/seal.ts';
import { createUuids } from '#platform/process/uuid.ts';
import { Activation, type Snapshot } from './activation.ts';
import type { Admission } from './admit-body.ts';
import type { Head } from './admit-head.ts';
import { type ClientReply, HttpReply } from './client-reply.ts';
import { Departure } from './departure.ts';
import { Exchange } from './exchange.ts';
import type { Gate } from './gate.ts';
import { obtainApproval } from './obtain-approval.ts';
import { OwnTasks } from './own-tasks.ts';
import type { Obtained } from './settle.ts';
import { RequestStates } from './state.ts';
import { takeState } from './take-state.ts';

export const ASKING: McpGatewayPolicySpec = {
  identity: {
    issuers: [
      {
        name: 'corp',
        issuer: 'https://idp.example',
        audiences: ['https://payments.example/mcp'],
        claims: { person: 'email' },
      },
    ],
    approvalAudience: 'https://approvals.example',
  },
  approvals: [{ name: 'finance', approvers: { groups: ['finance'] } }],
  rules: [
    { name: 'ask', effect: 'RequireApproval', match: { prompts: ['*'] }, approval: 'finance' },
  ],
};

/** ASKING with other words in its one rule. */
export function askingWith(rule: Partial<NonNullable<McpGatewayPolicySpec['rules']>[number]>) {
  return {
    ...ASKING,
    rules: (ASKING.rules ?? []).map((each) => ({ ...each, ...rule })),
  };
}

export const ALICE = principal('alice');
export const bob = approver('bob');

export interface Wish {
  readonly params?: JsonObject;
  readonly by?: Principal;
  readonly revision?: Revision;
}

/** A call on its way up the ladder. */
export interface Climb {
  readonly exchange: Exchange;
  readonly admission: Admission;
  readonly head: Head;
  readonly client: ClientReply;
  readonly obtained: Promise<Obtained>;
  /** What goes to the server should it go on. */
  readonly forServer: string;
  /** The client hangs up. */
  leave(): void;
  /** What the client has been sent. */
  heard(): string;
}

export class Ladder {
  /** Milliseconds since 1970. */
  now = T0;
  readonly gate: Gate;
  readonly ledger: MemoryLedger;
  readonly #activation: Activation;

  constructor({ spec = ASKING, holdSeconds = 30, held = new Slots() } = {}) {
    const clock = {
      epochSeconds: () => this.now / 1000,
      monotonicMicros: () => Math.floor(performance.now() * 1000),
      timestamp: () => new Date(this.now).toISOString().replace('Z', '000Z'),
    };
    this.ledger = new MemoryLedger({ version: '0', now: clock.timestamp });
    this.#activation = new Activation(this.#snapshotOf(spec));
    const hold = { modern: holdSeconds, legacy: holdSeconds, legacyWithProgress: holdSeconds };
    const parts: Partial<Gate> = {
      activation: this.#activation,
      ledger: this.ledger,
      ownTasks: new OwnTasks({
        isReachable: true,
        run: () => Promise.reject(new Error('prompts are no tasks')),
        nowMillis: () => this.now,
      }),
      states: new RequestStates(new Sealer([new Uint8Array(32).fill(1)])),
      clock,
      newId: createUuids(clock),
      log: createLogger({ level: 'error', write: () => {}, now: clock.timestamp }),
      departure: new Departure(),
      drain: new AbortController(),
      upstream: { url: new URL('http://127.0.0.1:3000/mcp') } as Gate['upstream'],
      approvals: {
        store: openMemoryApprovalStore({ trusted: TRUSTED, nowMillis: () => this.now }),
        hold,
        held,
        urlOf: (id) => `https://approvals.example/approvals/${id}`,
      },
    };
    // Neither the server nor a session is ever asked for anything here.
    this.gate = parts as Gate;
  }

  get store() {
    return this.gate.approvals.store;
  }

  /** Ends every wait: what a test leaves waiting would keep its process alive. */
  stop(): void {
    this.gate.drain.abort();
  }

  activate(spec: McpGatewayPolicySpec): void {
    this.#activation.swap(this.#snapshotOf(spec));
  }

  climb({ params = {}, by = ALICE, revision = '2026-07-28' }: Wish = {}): Climb {
    const { gate } = this;
    const body = {
      jsonrpc: '2.0',
      id: 1,
      method: 'prompts/get',
      params: { name: 'pay', ...params },
    };
    const taken = takeState(received(body), by, { ...gate, nowSeconds: this.now / 1000 });
    if ('code' in taken) throw new Error(taken.code);
    const { message } = taken;
    if (message.kind !== 'request') throw new Error('not a request');
    const snapshot = gate.activation.current;
    const recorded = { method: message.method, direction: 'toServer', sizeBytes: 1 } as const;
    const facts = {
      id: gate.newId(),
      principal: by,
      snapshot,
      revision,
      recorded,
      request: message,
    };
    const exchange = new Exchange(facts, gate.ledger, gate.clock);
    const response = new ServerResponse(new IncomingMessage(new Socket()));
    const chunks: string[] = [];
    response.write = (chunk: Uint8Array) => chunks.push(Buffer.from(chunk).toString('utf8')) > 0;
    const client = new HttpReply(response);
    const decision = evaluate(snapshot.policy, by, message, 'toServer');
    if (decision.effect !== 'RequireApproval') throw new Error(decision.effect);
    const admission = { kind: 'admitted', revision, ...taken } as const;
    const headers = { authorization: [`Bearer ${tokenOf(by)}`] };
    const head = { method: 'POST', target: '/mcp', headers, address: '127.0.0.1' };
    return {
      exchange,
      admission,
      head,
      client,
      obtained: obtainApproval(decision, { exchange, admission, head, client }, gate),
      forServer: Buffer.from(taken.bytes).toString('utf8'),
      leave: () => void response.emit('close'),
      heard: () => chunks.join(''),
    };
  }

  /** The newest approval, once there are `count` of them. */
  async asked(count = 1): Promise<Approval> {
    for (;;) {
      const all = await this.store.list({ limit: 1000 });
      const [newest] = all;
      if (all.length >= count && newest !== undefined) return newest;
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  async states(): Promise<readonly ApprovalState[]> {
    return (await this.store.list({ limit: 1000 })).map(({ state }) => state);
  }

  async decide(choice: 'approve' | 'deny' = 'approve', count = 1): Promise<Approval> {
    const { request } = await this.asked(count);
    const nonce = Buffer.from(request.id.replaceAll('-', ''), 'hex').toString('hex');
    const cast = ballot(request, bob, choice, { nowMillis: this.now, nonce });
    const moved = await this.store.vote(request.id, cast);
    if (!moved.ok) throw new Error(moved.code);
    return moved.approval;
  }

  /** Resolves once evidence has a record of this type. */
  async recorded(type: string): Promise<void> {
    while (!this.records().some((record) => record.type === type)) {
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  #snapshotOf(spec: McpGatewayPolicySpec): Snapshot {
    const compiled = compileWhole([document(spec, 'p')]);
    if (!compiled.ok) throw new Error(JSON.stringify(compiled.problems));
    const { policy } = compiled;
    const maskingHash = (text: string) => createHmac('sha256', 'k').update(text).digest();
    const verifier: TokenVerifier = {
      verify: async (token) => {
        const principal: Principal = JSON.parse(Buffer.from(token, 'base64url').toString('utf8'));
        const isTrusted = policy.issuers.some(({ issuer }) => issuer === principal.issuer);
        return isTrusted && principal.expiresAtSeconds > this.now / 1000
          ? { ok: true, principal }
          : { ok: false, code: 'token_invalid', reason: 'iss or exp' };
      },
    };
    // What judges a call; how one comes in and goes out is not looked at.
    return { policy, digest: 'p', maskingHash, verifier } as unknown as Snapshot;
  }

  /** What evidence says of approvals, in its order. */
  records(): readonly StoredRecord[] {
    return this.ledger.lines.flatMap((line) => {
      const parsed = parseCommit(line);
      if (!parsed.ok) throw new Error(parsed.reason);
      return parsed.commit.records
        .map(({ record }) => record)
        .filter(({ type }) => type.startsWith('approval.'));
    });
  }
}

/** The verifier of the ladder takes a principal as its own token. */
function tokenOf(principal: Principal): string {
  return Buffer.from(JSON.stringify(principal)).toString('base64url');
}

/** The refusal, or a fault when there is none. */
export function refusalOf(obtained: Obtained) {
  if (obtained.kind !== 'refused') throw new Error('it was let through');
  return obtained.refusal;
}

/** What a modern client carries home and back. */
export function roundOf(obtained: Obtained): { requestState: string } {
  const { code, approval } = refusalOf(obtained);
  if (approval?.requestState === undefined) throw new Error(`no round but ${code}`);
  return { requestState: approval.requestState };
}

function received(body: object) {
  const bytes = Buffer.from(JSON.stringify(body));
  const json = readJson(bytes, { maxBytes: 1_000_000, maxDepth: 64, numbers: 'exact' });
  const parsed = json.ok ? parseMessage(json.value) : undefined;
  if (!json.ok || parsed?.ok !== true) throw new Error('not a message');
  return { message: parsed.message, bytes, value: json.value };
}
