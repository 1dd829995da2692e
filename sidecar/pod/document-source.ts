// Policy of a pod: the document in the mounted ConfigMap and those on the operator's stream, the newest good one
// wins. What is taken and what is not is on record, and the operator hears of it.

import { readFile } from 'node:fs/promises';
import type { Ledger } from '#core/evidence/ledger.ts';
import type { RecordDraft } from '#core/evidence/record.ts';
import type { EffectivePolicy } from '#core/policy/document.ts';
import { isExpired } from '#core/policy/read-document.ts';
import { MAX_SIGNED_CHARS } from '#platform/documents/signed-text.ts';
import type { Clock } from '#platform/process/clock.ts';
import type { Logger } from '#platform/process/log.ts';
import type { Activate, Activated } from '../reload.ts';
import { SettingsFault } from '../settings.ts';
import type { FirstPolicy, Following, PolicySource } from '../surroundings.ts';
import type { Acks } from './acks.ts';
import type { Documents, Judged } from './documents.ts';

export interface DocumentSourceDeps {
  readonly documents: Documents;
  readonly acks: Acks;
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly log: Logger;
  readonly file: string;
  readonly stop: AbortSignal;
  /** For the record of the start, such as that the floor could not be read. */
  readonly facts: RecordDraft['detail'];
}

/** A Secret that a document waits for is mounted a minute or so after it was made. */
const AGAIN_MS = 5_000;
/** The kubelet swaps the mounted folder once a minute or so. */
const LOOK_MS = 1_000;

type Newer = Extract<Judged, { kind: 'newer' }>;
type Bad = Extract<Judged, { kind: 'bad' }>;

/** The newest document that can still become a good one. */
interface Awaited {
  readonly jws: string;
  readonly problem: string;
  readonly atSeconds: number;
}

export class DocumentSource implements PolicySource {
  readonly #deps: DocumentSourceDeps;
  readonly #first = Promise.withResolvers<FirstPolicy>();
  readonly #activate = Promise.withResolvers<Activate>();
  readonly #looking: NodeJS.Timeout;
  /** One document after the other, wherever they come from. */
  #last: Promise<void> = Promise.resolve();
  #waiting = 0;
  #fileSeen = '';
  #told = '';
  #awaited: Awaited | undefined;
  #isStarted = false;
  #expiredSince: string | undefined;

  constructor(deps: DocumentSourceDeps) {
    this.#deps = deps;
    this.#first.promise.catch(() => {});
    this.#looking = setInterval(() => void this.#look(), LOOK_MS);
    deps.stop.addEventListener('abort', () => this.#end(), { once: true });
    void this.#look();
  }

  /** Waits for a document to start with: until then the pod has not started. */
  first(): Promise<FirstPolicy> {
    return this.#first.promise;
  }

  follow(activate: Activate): Following {
    this.#activate.resolve(activate);
    return { close: () => clearInterval(this.#looking) };
  }

  /** A document of the stream. A flood of them is not kept: the operator sends the newest again. */
  offer(jws: string): void {
    if (this.#waiting >= MAX_WAITING) return;
    this.#waiting += 1;
    this.#last = this.#last
      .then(() => this.#take(jws))
      .catch((error: unknown) => {
        this.#deps.log.error('a policy document could not be judged', { error: asError(error) });
      })
      .finally(() => {
        this.#waiting -= 1;
      });
  }

  #end(): void {
    clearInterval(this.#looking);
    this.#first.reject(new SettingsFault('asked to stop before there was a policy to start with'));
  }

  async #look(): Promise<void> {
    this.#noteExpiry();
    this.#lookAgain();
    const text = await readFile(this.#deps.file, 'utf8').catch(() => undefined);
    if (text === undefined || text.length > MAX_SIGNED_CHARS) {
      const why = text === undefined ? 'is not there or cannot be read' : 'is too large';
      if (!this.#isStarted) this.#sayWhyNot(`${this.#deps.file} ${why}`);
      return;
    }
    if (text === this.#fileSeen) return;
    this.#fileSeen = text;
    this.offer(text);
  }

  #lookAgain(): void {
    const { clock } = this.#deps;
    const awaited = this.#awaited;
    if (awaited === undefined) return;
    if (Math.abs(clock.epochSeconds() - awaited.atSeconds) * 1000 < AGAIN_MS) return;
    this.#awaited = { ...awaited, atSeconds: clock.epochSeconds() };
    this.offer(awaited.jws);
  }

  /** Whether there is news in it: not what was waited for, and still is. */
  #isNews(jws: string, judged: Judged): boolean {
    const before = this.#awaited;
    if (judged.kind !== 'bad') {
      if (judged.kind === 'newer' || before?.jws === jws) this.#awaited = undefined;
      return judged.kind === 'newer';
    }
    const { problem, remedy } = judged;
    if (remedy === 'restart') this.#awaited = undefined;
    if (remedy !== 'wait') return true;
    this.#awaited = { jws, problem, atSeconds: this.#deps.clock.epochSeconds() };
    return before?.jws !== jws || before.problem !== problem;
  }

  async #take(jws: string): Promise<void> {
    const judged = await this.#deps.documents.judge(jws);
    const isNews = this.#isNews(jws, judged);
    if (judged.kind === 'known' || !isNews) return;
    if (this.#isStarted) return this.#replace(judged);
    if (judged.kind === 'newer') return this.#start(judged);
    this.#sayWhyNot(`the policy document ${judged.problem}`);
    this.#reject(judged);
  }

  #start({ document, loaded }: Newer): void {
    this.#isStarted = true;
    this.#inForce(document);
    this.#first.resolve({ loaded, facts: { ...this.#deps.facts, ...factsOf(document) } });
  }

  async #replace(judged: Exclude<Judged, { kind: 'known' }>): Promise<void> {
    const activate = await this.#activate.promise;
    if (judged.kind === 'bad') {
      await activate(refusedDocument(judged.problem));
      this.#reject(judged);
      return;
    }
    const { document, loaded } = judged;
    const outcome = await activate(loaded, factsOf(document));
    if (outcome.ok) this.#inForce(document);
    else this.#reject({ document, problem: problemOf(outcome) });
  }

  #inForce(document: EffectivePolicy): void {
    const { documents, acks } = this.#deps;
    documents.inForce(document);
    const { digest, generation } = document;
    acks.report({ digest, generation, status: 'Active' });
    this.#renewed();
  }

  /** Of a document that cannot be read nothing can be said but what is in force instead of it. */
  #reject({ document, problem, remedy }: Pick<Bad, 'document' | 'problem' | 'remedy'>): void {
    const named = document ?? this.#deps.documents.current;
    if (named === undefined) return;
    const { digest, generation } = named;
    const outdated = remedy === 'restart' ? ({ outdated: true } as const) : {};
    this.#deps.acks.report({ digest, generation, status: 'Rejected', problem, ...outdated });
  }

  /** In the log, where who looks after a pod that does not start will look; once for each reason. */
  #sayWhyNot(problem: string): void {
    if (problem === this.#told) return;
    this.#told = problem;
    const { log, ledger, clock } = this.#deps;
    log.error('not started: there is no policy document to start with', { problem });
    const detail = { problems: [problem], count: 1 };
    ledger.append({ type: 'policy.rejected', ts: clock.timestamp(), detail }).catch(() => {});
  }

  #noteExpiry(): void {
    const { documents, clock, log } = this.#deps;
    const { current } = documents;
    if (current === undefined || this.#expiredSince !== undefined) return;
    if (!isExpired(current, clock.epochSeconds() * 1000)) return;
    const { notAfter, generation, digest } = current;
    this.#expiredSince = notAfter;
    log.error('the policy document has run out and goes on judging; is the operator running?', {
      notAfter,
    });
    this.#record('degraded.enter', { dependency: 'policy', cause: 'expired', notAfter });
    const problem = `notAfter: ran out at ${notAfter} and was not renewed`;
    this.#deps.acks.report({ digest, generation, status: 'Active', problem });
  }

  #renewed(): void {
    const since = this.#expiredSince;
    this.#expiredSince = undefined;
    if (since !== undefined) {
      this.#record('degraded.exit', { dependency: 'policy', since, recovered: true });
    }
  }

  #record(type: 'degraded.enter' | 'degraded.exit', detail: RecordDraft['detail'] & object): void {
    const { ledger, clock } = this.#deps;
    ledger.append({ type, ts: clock.timestamp(), detail }).catch(() => {});
  }
}

/** The stream brings one at a time, and the mounted folder another. */
const MAX_WAITING = 8;

function factsOf({ key, generation, notAfter, sources }: EffectivePolicy): RecordDraft['detail'] {
  const names = sources.map(
    ({ kind, name, uid, generation: of }) => `${kind}/${name}@${uid}:${of}`,
  );
  return { workload: key, generation, notAfter, sources: names };
}

function refusedDocument(problem: string) {
  return {
    ok: false,
    problems: [{ file: 'policy.jws', line: 1, path: '', message: problem }],
  } as const;
}

function problemOf(outcome: Activated): string {
  return outcome.ok ? '' : (outcome.problems[0] ?? 'cannot be activated');
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error('not an Error was thrown');
}
