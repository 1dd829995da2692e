// The tool definitions that the server has given: learnt from every list that comes by, compared with
// the pins, and recorded when the catalogue changes. One server, whatever principal its list was for:
// where lists differ, a name that any of them has is known.

import type { Ledger } from '#core/evidence/ledger.ts';
import type { DefinitionEffect, RecordDraft, RecordType } from '#core/evidence/record.ts';
import { catalogueText, type ToolDefinition } from '#core/mcp/definitions.ts';
import { MAX_NAME_LENGTH } from '#core/mcp/message.ts';
import type { JsonValue } from '#core/mcp/messages.ts';
import type { Clock } from '#platform/process/clock.ts';
import type { Logger } from '#platform/process/log.ts';
import type { Activation } from './activation.ts';
import { type CatalogueChange, changeOf, changeRecord, isSameChange } from './catalogue-change.ts';
import { definitionDigest } from './definition-digest.ts';
import { OutputSchemas } from './output-schemas.ts';
import { bounded } from './recorded.ts';

export interface KnownDefinition {
  /** Undefined when the definition has no canonical form: it is known, and nothing can approve it. */
  readonly digest: string | undefined;
}

/** What came by: one page of a list, and in which exchange. */
export interface SeenPage {
  readonly tools: readonly ToolDefinition[];
  readonly isLast: boolean;
  /** Absent for a list that is nobody's exchange. */
  readonly exchange?: string;
}

/** How long a definition counts as known after it was last seen: a server may change it unannounced. */
export const FRESH_SECONDS = 300;
/** Definitions kept; the least recently seen one is forgotten, which costs a question to the server. */
export const MAX_KNOWN = 10_000;
/** Changes recorded one by one for one page; of more than these there is only the count. */
const MAX_CHANGES = 32;
/** Names listed in one record. */
const MAX_NAMES = 20;
const MICROS_PER_SECOND = 1_000_000;

interface Known extends KnownDefinition {
  readonly hidesText: boolean;
  /** Value of the count of `forget` calls when it was seen. */
  readonly epoch: number;
  readonly seenMicros: number;
  /** What was last recorded about it, while that still holds. */
  readonly reported: CatalogueChange | undefined;
}

export interface DefinitionsDeps {
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly log: Logger;
  readonly activation: Activation;
}

type Detail = NonNullable<RecordDraft['detail']>;

const SAID: { readonly [Effect in DefinitionEffect]: string } = {
  quarantined: 'tool definition quarantined',
  observed: 'tool definition changed',
  released: 'tool definition released',
};

export class Definitions {
  readonly #deps: DefinitionsDeps;
  /** In the order in which they were last seen. */
  readonly #known = new Map<string, Known>();
  readonly #schemas = new OutputSchemas();
  #epoch = 0;
  /** Digest of the catalogue as last recorded. */
  #catalogue = '';

  constructor(deps: DefinitionsDeps) {
    this.#deps = deps;
    // Pins that change quarantine and release what is known already.
    deps.activation.onSwap(() => this.#review());
  }

  /** The definition of a tool; undefined when it has not been seen, or not recently enough. */
  find(name: string): KnownDefinition | undefined {
    const known = this.#known.get(name);
    return known !== undefined && this.#isFresh(known) ? known : undefined;
  }

  /** What an approval of a call is bound to. */
  digestOf(name: string): string | undefined {
    return this.find(name)?.digest;
  }

  /** What the results of a tool must fit, as last seen: clients judge by the list that they have. */
  outputSchemaOf(name: string): JsonValue | undefined {
    return this.#schemas.find(name);
  }

  /** The server announced a change: nothing is known until it is seen again. */
  forget(): void {
    this.#epoch += 1;
  }

  /** Grows with each `forget`. */
  get epoch(): number {
    return this.#epoch;
  }

  /**
   * Takes in one page, as the server sent it. What it records precedes, in its lane, whatever the
   * caller records afterwards. Returns the definitions in the order of the page.
   */
  learn(page: SeenPage): readonly KnownDefinition[] {
    const changes: [name: string, change: CatalogueChange][] = [];
    const definitions = page.tools.map((tool) => {
      const digest = tool.text === undefined ? undefined : definitionDigest(tool.text);
      if (tool.name.length <= MAX_NAME_LENGTH) {
        const change = this.#take(tool, digest);
        this.#schemas.keep(tool.name, tool.outputSchema);
        if (change !== undefined) changes.push([tool.name, change]);
      }
      return { digest };
    });
    this.#recordChanges(changes, page.exchange);
    if (page.isLast) this.#recordCatalogue(page.exchange);
    return definitions;
  }

  #take({ name, hidesText }: ToolDefinition, digest: string | undefined) {
    const before = this.#known.get(name);
    const change = this.#changeOf(name, digest, before);
    const isReport = change !== undefined && !isSameChange(change, before?.reported);
    this.#known.delete(name);
    this.#known.set(name, {
      digest,
      hidesText,
      epoch: this.#epoch,
      seenMicros: this.#deps.clock.monotonicMicros(),
      reported: change?.effect === 'released' ? undefined : change,
    });
    if (this.#known.size > MAX_KNOWN) {
      const oldest = this.#known.keys().next();
      if (!oldest.done) this.#known.delete(oldest.value);
    }
    return isReport ? change : undefined;
  }

  #changeOf(name: string, digest: string | undefined, before: Known | undefined) {
    const { policy } = this.#deps.activation.current;
    return changeOf({ name, digest, before: before?.digest, reported: before?.reported }, policy);
  }

  #review(): void {
    const changes: [name: string, change: CatalogueChange][] = [];
    for (const [name, known] of this.#known) {
      const change = this.#changeOf(name, known.digest, known);
      if (isSameChange(change, known.reported)) continue;
      this.#known.set(name, {
        ...known,
        reported: change?.effect === 'released' ? undefined : change,
      });
      if (change !== undefined) changes.push([name, change]);
    }
    this.#recordChanges(changes);
  }

  #recordChanges(changes: readonly [string, CatalogueChange][], exchange?: string): void {
    for (const [name, change] of changes.slice(0, MAX_CHANGES)) {
      const detail = changeRecord(bounded(name), change);
      this.#record('catalog.changed', detail, exchange);
      this.#say(change.effect, detail);
    }
    if (changes.length > MAX_CHANGES) {
      const detail = { more: changes.length - MAX_CHANGES };
      this.#record('catalog.changed', detail, exchange);
      this.#deps.log.warn('more tool definitions changed', detail);
    }
  }

  #say(effect: DefinitionEffect, detail: Detail): void {
    const { effect: _, ...fields } = detail;
    if (effect === 'released') this.#deps.log.info(SAID[effect], fields);
    else this.#deps.log.warn(SAID[effect], fields);
  }

  #recordCatalogue(exchange?: string): void {
    const known = [...this.#known].filter(([, each]) => this.#isFresh(each));
    const text = catalogueText(known.map(([name, { digest }]) => [name, digest ?? '']));
    const digest = definitionDigest(text);
    if (digest === this.#catalogue) return;
    this.#catalogue = digest;
    const hiding = known.filter(([, { hidesText }]) => hidesText).map(([name]) => bounded(name));
    const warning =
      hiding.length === 0
        ? {}
        : { hiddenText: hiding.slice(0, MAX_NAMES), hiddenTextCount: hiding.length };
    this.#record('catalog.learnt', { tools: known.length, digest, ...warning }, exchange);
  }

  /** In the lane at once; durable with whatever follows it there. */
  #record(type: RecordType, detail: Detail, exchange: string | undefined): void {
    const { ledger, clock, log } = this.#deps;
    const draft = { type, ts: clock.timestamp(), detail };
    ledger
      .append(exchange === undefined ? draft : { ...draft, exchange })
      .catch(() => log.error('a change of tool definitions could not be recorded', { type }));
  }

  #isFresh({ epoch, seenMicros }: Known): boolean {
    const ageMicros = this.#deps.clock.monotonicMicros() - seenMicros;
    return epoch === this.#epoch && ageMicros < FRESH_SECONDS * MICROS_PER_SECOND;
  }
}
