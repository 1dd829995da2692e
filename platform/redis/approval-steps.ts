// The atomic steps on approvals, each a Lua file, as typed calls. What is to happen is decided in
// core/approvals; a step makes sure that nothing else happened in between.

import { createHash } from 'node:crypto';
import { type Approval, isLive } from '#core/approvals/approval.ts';
import { type BookLimits, mostListed } from '#core/approvals/book.ts';
import { owesReview } from '#core/approvals/break-glass.ts';
import { MAX_NONCE_LIFE_MILLIS } from '#core/approvals/nonce-book.ts';
import { parseEntry } from '#core/approvals/parse-entry.ts';
import type { ApprovalRequest } from '#core/approvals/request.ts';
import { type ApprovalEvent, deadlineMillis } from '#core/approvals/states.ts';
import { ApprovalStoreFault } from '#core/approvals/store.ts';
import { codeOf, type RedisClient } from './client.ts';
import { type ApprovalKeys, approvalKeys, type Namespace } from './keys.ts';
import { readLua, runScript, type Script, scriptOf } from './script.ts';

/** How the scripts tell the time. */
export interface ScriptClock {
  /** Defines the function `now`. */
  readonly lua: string;
  /** Put behind the arguments of every script. */
  readonly args: () => readonly string[];
}

/** The server's, the only one that all replicas share. */
export const REDIS_CLOCK: ScriptClock = { lua: readLua('now'), args: () => [] };

/** How long an approval is kept behind its deadline, or behind its end; evidence keeps it for good. */
const KEPT_MILLIS = 7 * 24 * 60 * 60 * 1000;
/** The same where a review is owed: it blocks until somebody gives it. */
const KEPT_OWING_MILLIS = 400 * 24 * 60 * 60 * 1000;
/** How many deadlines one sweep looks at. */
const SWEEP = 512;
/** How many approvals are read at a time: each may hold MAX_PREVIEW_BYTES and more. */
const PAGE = 64;

export interface Reading {
  readonly nowMillis: number;
  readonly approval?: Approval;
}

/** `stale`: somebody was quicker, read again. */
export type MoveAnswer = 'ok' | 'stale' | 'spent';

const MOVES = {
  vote: 'early',
  consume: 'early',
  cancel: 'early',
  revoke: 'early',
  break: 'early',
  review: 'any',
  settle: 'any',
  expire: 'due',
  overdue: 'any',
} as const satisfies Record<ApprovalEvent['kind'], string>;

type StepName = ApprovalEvent['kind'] | (typeof OTHERS)[number];
const OTHERS = [
  'attach',
  'forget',
  'read-approval',
  'list-approvals',
  'due-approvals',
  'spend-nonce',
] as const;

export class ApprovalSteps {
  readonly keys: ApprovalKeys;
  readonly #client: RedisClient;
  readonly #limits: BookLimits;
  readonly #clock: ScriptClock;
  readonly #scripts: ReadonlyMap<StepName, Script>;

  constructor(client: RedisClient, namespace: Namespace, limits: BookLimits, clock: ScriptClock) {
    this.keys = approvalKeys(namespace);
    this.#client = client;
    this.#limits = limits;
    this.#clock = clock;
    this.#scripts = loadSteps(clock);
  }

  async read(id: string): Promise<Reading> {
    const [at, entry] = texts(await this.#run('read-approval', [this.keys.approval(id)], []));
    const nowMillis = Number(at);
    if (entry === undefined) return { nowMillis };
    const approval = parseApproval(entry, id);
    if (approval !== undefined) return { nowMillis, approval };
    throw new ApprovalStoreFault('invalid', 'an approval in Redis is not as it was written');
  }

  /** Id of the newest approval of a binding, whatever its state. */
  newestOf(binding: string): Promise<string | undefined> {
    return this.#guard(
      async () => (await this.#client.get(this.keys.newest(binding))) ?? undefined,
    );
  }

  /** Every approval that is as it was written, newest first; a page at a time, so that who needs few reads few. */
  async *all(): AsyncGenerator<Required<Reading>> {
    const { maxLive } = this.#limits;
    const bounds = [mostListed(this.#limits), maxLive];
    const listed = await this.#run('list-approvals', [this.keys.all, this.keys.live], bounds);
    const [at, ...ids] = texts(listed);
    for (let first = 0; first < ids.length; first += PAGE) {
      const page = ids.slice(first, first + PAGE).map((id) => this.#written(id));
      for (const approval of await Promise.all(page)) {
        if (approval !== undefined) yield { nowMillis: Number(at), approval };
      }
    }
  }

  async due(): Promise<readonly string[]> {
    return texts(await this.#run('due-approvals', [this.keys.live], [SWEEP]));
  }

  /** `newest`: the id that was seen for the binding. */
  async attach(
    approval: Approval & { readonly state: 'PENDING' },
    newest: string | undefined,
  ): Promise<'OK' | 'MOVED' | 'TAKEN' | 'FULL' | 'WAITING'> {
    const { id, binding } = approval.request;
    const { keys } = this;
    const answer = await this.#run(
      'attach',
      [
        keys.approval(id),
        keys.waiting(requesterKey(approval.request)),
        keys.live,
        keys.all,
        keys.newest(binding),
      ],
      [
        newest ?? '',
        JSON.stringify(approval),
        deadlineMillis(approval),
        KEPT_MILLIS,
        id,
        this.#limits.maxLive,
        this.#limits.maxPendingPerRequester,
      ],
    );
    if (ATTACHED.has(String(answer))) return answer as 'OK';
    throw unforeseen();
  }

  /** From one version to the next. */
  async move(kind: ApprovalEvent['kind'], from: Approval, to: Approval): Promise<MoveAnswer> {
    const { keys } = this;
    const { id, binding } = from.request;
    const isOwing = owesReview(to);
    const spending = kind === 'consume' && 'spending' in from ? from.spending : undefined;
    const [answer, ...surplus] = texts(
      await this.#run(
        kind,
        [
          keys.approval(id),
          keys.waiting(requesterKey(from.request)),
          keys.live,
          keys.ended,
          keys.all,
          keys.newest(binding),
          ...(spending === undefined ? [] : [keys.spent(id)]),
        ],
        [
          from.version,
          JSON.stringify(to),
          to.state,
          isLive(to) ? deadlineMillis(to) : 0,
          isOwing ? KEPT_OWING_MILLIS : KEPT_MILLIS,
          keys.changed,
          id,
          this.#limits.maxEnded,
          MOVES[kind],
          isOwing ? 'owing' : 'free',
          ...(spending === undefined ? [] : [spending.uses]),
        ],
      ),
    );
    // What is done stays done; whatever is not forgotten now is with the next step.
    await Promise.allSettled(surplus.map((oldest) => this.#forget(oldest)));
    const moved = MOVED.get(answer ?? '');
    if (moved === undefined) throw unforeseen();
    return moved;
  }

  async spendNonce(nonce: string, expiresAtMillis: number): Promise<string> {
    const args = [nonce, expiresAtMillis, this.#limits.maxNonces, MAX_NONCE_LIFE_MILLIS];
    return String(await this.#run('spend-nonce', [this.keys.nonces], args));
  }

  async #forget(id: string): Promise<void> {
    const { keys } = this;
    const binding = (await this.#written(id))?.request.binding;
    // Where the approval has ended by itself, so has what named it the newest.
    const named = [keys.approval(id), keys.newest(binding ?? 'none'), keys.ended, keys.all];
    await this.#run('forget', named, [id]);
  }

  /** Undefined where nothing is, or nothing that Gatehouse has written. */
  async #written(id: string): Promise<Approval | undefined> {
    const entry = await this.#guard(() =>
      this.#client.hget(this.keys.approval(id), 'entry').catch((error: unknown) => {
        if (codeOf(error) === 'WRONGTYPE') return null;
        throw error;
      }),
    );
    return entry === null ? undefined : parseApproval(entry, id);
  }

  #run(
    name: StepName,
    keys: readonly string[],
    args: readonly (string | number)[],
  ): Promise<unknown> {
    const script = this.#scripts.get(name);
    if (script === undefined) throw unforeseen();
    return this.#guard(() =>
      runScript(this.#client, script, keys, [...args, ...this.#clock.args()]),
    );
  }

  async #guard<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
    try {
      return await ask();
    } catch (cause) {
      const code = codeOf(cause);
      throw code === 'OOM'
        ? new ApprovalStoreFault('full', 'Redis is full', { cause })
        : new ApprovalStoreFault('unavailable', `Redis does not do it (${code})`, { cause });
    }
  }
}

const MOVED: ReadonlyMap<string, MoveAnswer> = new Map([
  ['OK', 'ok'],
  ['STALE', 'stale'],
  ['SPENT', 'spent'],
]);

const ATTACHED: ReadonlySet<string> = new Set(['OK', 'MOVED', 'TAKEN', 'FULL', 'WAITING']);

function loadSteps(clock: ScriptClock): ReadonlyMap<StepName, Script> {
  const shared = [clock.lua, readLua('keep')];
  const move = readLua('move');
  const load = (name: StepName, ...more: readonly string[]) =>
    [name, scriptOf([...shared, ...more, readLua(name)].join('\n'))] as const;
  const moves = Object.keys(MOVES) as readonly ApprovalEvent['kind'][];
  return new Map([...moves.map((name) => load(name, move)), ...OTHERS.map((name) => load(name))]);
}

/** An approval that was written under another id is none. */
function parseApproval(text: string, id: string): Approval | undefined {
  const entry = parseEntry({ kind: 'approval', approval: parseJson(text) });
  return entry?.kind === 'approval' && entry.approval.request.id === id
    ? entry.approval
    : undefined;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Issuers and subjects are of any length and hold anything. */
function requesterKey({ requester }: ApprovalRequest): string {
  const name = JSON.stringify([requester.issuer, requester.subject]);
  return createHash('sha256').update(name).digest('hex');
}

function texts(answer: unknown): readonly string[] {
  return Array.isArray(answer) ? answer.map(String) : [];
}

function unforeseen(): ApprovalStoreFault {
  return new ApprovalStoreFault('invalid', 'a script of Redis answered what it never does');
}
