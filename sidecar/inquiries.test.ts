import { expect } from 'chai';
import type { RequestMessage } from '#core/mcp/messages.ts';
import { MemoryLedger } from '#platform/memory/ledger.ts';
import { Activation, type Snapshot } from './activation.ts';
import type { Head } from './admit-head.ts';
import { Definitions } from './definitions.ts';
import { Exchange } from './exchange.ts';
import type { Gate } from './gate.ts';
import { COMPLETE_SECONDS, Inquiries } from './inquiries.ts';
import { GATEHOUSE } from './own-message.ts';

const TS = '2026-01-01T00:00:00.000000Z';
const HEAD: Head = { method: 'POST', target: '/mcp', headers: {}, address: '' };

/** Only what an inquiry reads of them. */
const SNAPSHOT = {
  policy: { pinSets: [], mode: 'Enforce', limits: { maxReplyBytes: 1000, maxDepth: 8 } },
  digest: 'd',
  credential: { ownHeaders: new Set(), headersFor: () => Promise.resolve({}) },
} as unknown as Snapshot;

class Rig {
  readonly gate: Gate;
  readonly inquiries = new Inquiries();
  /** Questions that reached the server. */
  asked = 0;
  isDown = false;
  nowSeconds = 1000;
  tools = ['echo'];

  constructor() {
    const clock = {
      timestamp: () => TS,
      epochSeconds: () => this.nowSeconds,
      monotonicMicros: () => this.nowSeconds * 1_000_000,
    };
    const ledger = new MemoryLedger({ version: '0', now: () => TS });
    const activation = new Activation(SNAPSHOT);
    const log = { debug() {}, info() {}, warn() {}, error() {} } as unknown as Gate['log'];
    this.gate = {
      activation,
      clock,
      ledger,
      log,
      definitions: new Definitions({ ledger, clock, log, activation }),
      newId: () => 'own',
      upstream: { url: new URL('http://127.0.0.1/mcp'), send: this.#answer },
    } as unknown as Gate;
  }

  readonly #answer = async ({ body }: { readonly body: Uint8Array }) => {
    this.asked += 1;
    const { id } = JSON.parse(Buffer.from(body).toString('utf8'));
    const result = { tools: this.tools.map((name) => ({ name })) };
    const text = JSON.stringify({ jsonrpc: '2.0', id, result });
    const bytes = Buffer.from(this.isDown ? 'Bad Gateway' : text);
    return {
      status: this.isDown ? 502 : 200,
      headers: { 'content-type': 'application/json' },
      body: (async function* () {
        yield bytes;
      })(),
    };
  };

  async ask(name: string, subject = 'ada'): Promise<string> {
    const message: RequestMessage = { kind: 'request', id: 1, method: 'tools/call', params: {} };
    const facts = {
      id: 'call',
      principal: { ...GATEHOUSE, subject },
      snapshot: SNAPSHOT,
      revision: '2025-11-25',
      recorded: { method: 'tools/call', direction: 'toServer', sizeBytes: 0 },
    } as const;
    const exchange = new Exchange(facts, this.gate.ledger, this.gate.clock);
    const found = await this.inquiries.ask(name, { exchange, message, head: HEAD }, this.gate);
    return found.kind === 'refused' ? found.refusal.code : found.kind;
  }
}

describe('asking a server for its tools', () => {
  it('tells a tool that it lists from one that it does not', async () => {
    const rig = new Rig();

    expect(await rig.ask('echo')).to.equal('known');
    expect(await rig.ask('other')).to.equal('unknown');
  });

  it('happens once for all who wait for the same list', async () => {
    const rig = new Rig();

    const found = await Promise.all([rig.ask('echo'), rig.ask('other'), rig.ask('echo')]);

    expect(found).to.deep.equal(['known', 'unknown', 'known']);
    expect(rig.asked).to.equal(1);
  });

  it('happens for each caller, since a server may list other tools to another', async () => {
    const rig = new Rig();

    await Promise.all([rig.ask('other', 'ada'), rig.ask('other', 'bob')]);

    expect(rig.asked).to.equal(2);
  });

  it('happens again for a name that was not there after a while, and not before', async () => {
    const rig = new Rig();
    await rig.ask('other');
    rig.tools = ['echo', 'other'];

    const soon = await rig.ask('other');
    rig.nowSeconds += COMPLETE_SECONDS;
    const later = await rig.ask('other');

    expect([soon, later]).to.deep.equal(['unknown', 'known']);
    expect(rig.asked).to.equal(2);
  });

  it('happens at once when the server has announced another list', async () => {
    const rig = new Rig();
    await rig.ask('other');
    rig.tools = ['other'];
    rig.gate.definitions.forget();

    expect(await rig.ask('other')).to.equal('known');
  });

  it('leaves a server alone for a moment that could not say', async () => {
    const rig = new Rig();
    rig.isDown = true;

    const codes = [await rig.ask('echo'), await rig.ask('echo')];
    rig.isDown = false;
    rig.nowSeconds += 1;

    expect(codes).to.deep.equal(['upstream_invalid', 'upstream_invalid']);
    expect(await rig.ask('echo')).to.equal('known');
    expect(rig.asked).to.equal(2);
  });

  it('is bounded for each caller, whatever it invents', async () => {
    const rig = new Rig();
    let last = '';
    for (let times = 0; times < 100 && last !== 'rate_limited'; times += 1) {
      rig.gate.definitions.forget();
      last = await rig.ask('other');
    }

    expect(last).to.equal('rate_limited');
    expect(rig.asked).to.equal(60);
    expect(await rig.ask('other', 'bob')).to.equal('unknown');
  });

  it('is not possible without evidence', async () => {
    const rig = new Rig();
    (rig.gate.ledger as MemoryLedger).failWith(new Error('full'));

    expect(await rig.ask('echo')).to.equal('evidence_unavailable');
    expect(rig.asked).to.equal(0);
  });
});
