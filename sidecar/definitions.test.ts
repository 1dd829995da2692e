import { expect } from 'chai';
import type { Ledger } from '#core/evidence/ledger.ts';
import { LedgerFault } from '#core/evidence/ledger.ts';
import type { RecordDraft } from '#core/evidence/record.ts';
import { readToolPage, type ToolDefinition } from '#core/mcp/definitions.ts';
import type { PinSet } from '#core/policy/pins.ts';
import { Activation, type Snapshot } from './activation.ts';
import { Definitions, FRESH_SECONDS, MAX_KNOWN } from './definitions.ts';

const OLD = { name: 'add', description: 'Adds.' };
const NEW = { name: 'add', description: 'Adds, and more.' };
const ID = 'p/spec.tools.pins';

/** The snapshot is read for its pins and its mode alone. */
function snapshotOf(pinSets: readonly PinSet[], mode: 'Enforce' | 'Observe' = 'Enforce'): Snapshot {
  return { policy: { pinSets, mode } } as unknown as Snapshot;
}

function pins(effect: PinSet['effect'], digests: Record<string, string> = {}): PinSet {
  return { id: ID, effect, digests: new Map(Object.entries(digests)) };
}

function toolsOf(...tools: readonly object[]): readonly ToolDefinition[] {
  const page = readToolPage(JSON.parse(JSON.stringify({ tools })));
  if (!page.ok) throw new Error(page.reason);
  return page.tools;
}

class Rig {
  readonly records: RecordDraft[] = [];
  readonly said: string[] = [];
  readonly activation: Activation;
  readonly definitions: Definitions;
  nowMicros = 0;
  isFull = false;

  constructor(...pinSets: readonly PinSet[]) {
    this.activation = new Activation(snapshotOf(pinSets));
    const say = (message: string): void => void this.said.push(message);
    this.definitions = new Definitions({
      ledger: {
        append: (draft: RecordDraft) => {
          if (this.isFull) return Promise.reject(new LedgerFault('write_failed', 'full'));
          this.records.push(draft);
          return Promise.resolve({ seq: 0 });
        },
      } as unknown as Ledger,
      clock: {
        timestamp: () => '2026-01-01T00:00:00.000000Z',
        epochSeconds: () => 0,
        monotonicMicros: () => this.nowMicros,
      },
      log: { debug: say, info: say, warn: say, error: say } as never,
      activation: this.activation,
    });
  }

  /** One page, which is the last. Returns the digests in its order. */
  learn(...tools: readonly object[]): readonly (string | undefined)[] {
    const page = { tools: toolsOf(...tools), isLast: true, exchange: 'e1' };
    return this.definitions.learn(page).map(({ digest }) => digest);
  }

  /** Details of what was recorded since the last look. */
  changes(): readonly object[] {
    const found = this.records.filter(({ type }) => type === 'catalog.changed');
    this.records.length = 0;
    return found.map(({ detail }) => detail ?? {});
  }
}

describe('the known tool definitions', () => {
  it('are those of every list that came by, for a while', () => {
    const rig = new Rig();
    const [digest] = rig.learn(OLD);

    const fresh = rig.definitions.find('add');
    rig.nowMicros = FRESH_SECONDS * 1_000_000;

    expect(fresh).to.include({ digest });
    expect(rig.definitions.digestOf('other')).to.equal(undefined);
    expect(rig.definitions.find('add')).to.equal(undefined);
  });

  it('are forgotten when the server announces others, and known again once seen', () => {
    const rig = new Rig();
    rig.learn(OLD);

    rig.definitions.forget();
    const forgotten = rig.definitions.find('add');
    const [digest] = rig.learn(OLD);

    expect(forgotten).to.equal(undefined);
    expect(rig.definitions.digestOf('add')).to.equal(digest);
  });

  it('are bounded in number, the longest unseen leaving first', () => {
    const rig = new Rig();
    rig.learn({ name: 'first' }, { name: 'second' });
    rig.learn({ name: 'first' });
    rig.learn(...Array.from({ length: MAX_KNOWN - 1 }, (_, at) => ({ name: `t${at}` })));

    expect(rig.definitions.find('first')).to.not.equal(undefined);
    expect(rig.definitions.find('second')).to.equal(undefined);
  });

  it('leave out names that no call could have', () => {
    const rig = new Rig();
    const name = 'x'.repeat(2000);

    const [digest] = rig.learn({ name });

    expect(digest).to.match(/^sha256:/);
    expect(rig.definitions.find(name)).to.equal(undefined);
  });

  it('are recorded as a catalogue, once for each that differs', () => {
    const rig = new Rig();

    rig.learn(OLD, { name: 'b' });
    rig.learn({ name: 'b' }, OLD);
    rig.learn(NEW, { name: 'b' });

    const learnt = rig.records.filter(({ type }) => type === 'catalog.learnt');
    expect(learnt.map(({ detail }) => detail?.tools)).to.deep.equal([2, 2]);
    expect(learnt[0]?.detail?.digest).to.not.equal(learnt[1]?.detail?.digest);
    expect(learnt[0]?.exchange).to.equal('e1');
  });

  it('name what hides text, and how much there is of it', () => {
    const rig = new Rig();
    const sly = Array.from({ length: 25 }, (_, at) => ({ name: `t${at}`, title: 'a\u200bb' }));

    rig.learn(OLD, ...sly);

    const detail = rig.records.at(-1)?.detail;
    expect(detail?.hiddenTextCount).to.equal(25);
    expect(detail?.hiddenText).to.have.length(20);
  });
});

describe('a tool definition that changes', () => {
  const [oldDigest = ''] = new Rig().learn(OLD);
  const [newDigest = ''] = new Rig().learn(NEW);

  it('is nothing to speak of where no policy pins or watches', () => {
    const rig = new Rig();
    rig.learn(OLD);
    rig.learn(NEW);

    expect(rig.changes()).to.deep.equal([]);
  });

  it('is quarantined once, and released when it is as pinned again', () => {
    const rig = new Rig(pins('quarantine', { add: oldDigest }));
    rig.learn(OLD);
    for (let times = 0; times < 3; times += 1) rig.learn(NEW);
    const quarantined = rig.changes();

    rig.learn(OLD);
    rig.learn(OLD);

    expect(quarantined).to.deep.equal([
      { tool: 'add', effect: 'quarantined', seen: newDigest, pinned: oldDigest, rule: ID },
    ]);
    expect(rig.changes()).to.deep.equal([{ tool: 'add', effect: 'released', seen: oldDigest }]);
    expect(rig.said).to.deep.equal(['tool definition quarantined', 'tool definition released']);
  });

  it('stays as reported when the server announces the same again', () => {
    const rig = new Rig(pins('quarantine', { add: oldDigest }));
    rig.learn(NEW);
    rig.definitions.forget();
    rig.learn(NEW);

    expect(rig.changes()).to.have.length(1);
  });

  it('is quarantined and released by pins that change', () => {
    const rig = new Rig();
    rig.learn(OLD);

    rig.activation.swap(snapshotOf([pins('quarantine')]));
    const unpinned = rig.changes();
    rig.activation.swap(snapshotOf([pins('quarantine', { add: oldDigest })]));

    expect(unpinned).to.deep.equal([
      { tool: 'add', effect: 'quarantined', seen: oldDigest, rule: ID },
    ]);
    expect(rig.changes()).to.deep.equal([{ tool: 'add', effect: 'released', seen: oldDigest }]);
  });

  it('is observed where the policy observes, whatever its pins would do', () => {
    const rig = new Rig();
    rig.activation.swap(snapshotOf([pins('quarantine', { add: oldDigest })], 'Observe'));

    rig.learn(NEW);

    expect(rig.changes()).to.deep.equal([
      { tool: 'add', effect: 'observed', seen: newDigest, pinned: oldDigest, rule: ID },
    ]);
  });

  it('is observed without a pin too, once, with what it was before', () => {
    const rig = new Rig(pins('observe'));
    rig.learn(OLD);
    rig.learn(NEW);
    rig.learn(NEW);

    expect(rig.changes()).to.deep.equal([
      { tool: 'add', effect: 'observed', seen: newDigest, previous: oldDigest, rule: ID },
    ]);
    expect(rig.said).to.deep.equal(['tool definition changed']);
  });

  it('is quarantined when it has no digest at all', () => {
    const rig = new Rig(pins('quarantine', { add: oldDigest }));
    const tools = [{ name: 'add', text: undefined, hidesText: false }];

    rig.definitions.learn({ tools, isLast: true });

    expect(rig.changes()).to.deep.equal([
      { tool: 'add', effect: 'quarantined', pinned: oldDigest, rule: ID },
    ]);
  });

  it('is counted rather than named among very many', () => {
    const rig = new Rig(pins('quarantine'));

    rig.learn(...Array.from({ length: 40 }, (_, at) => ({ name: `t${at}` })));

    const changes = rig.changes();
    expect(changes).to.have.length(33);
    expect(changes.at(-1)).to.deep.equal({ more: 8 });
    expect(rig.said.at(-1)).to.equal('more tool definitions changed');
  });

  it('is not lost in silence when it cannot be recorded', async () => {
    const rig = new Rig(pins('quarantine'));
    rig.isFull = true;

    rig.learn(OLD);
    await new Promise(setImmediate);

    expect(rig.said).to.include('a change of tool definitions could not be recorded');
  });
});
