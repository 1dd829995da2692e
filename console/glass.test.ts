// Breaking glass and reviewing that, from the pages of a browser.

import { expect } from 'chai';
import { GLASS_TERMS, MCP, request } from '#core/approvals/approvals.testkit.ts';
import { ConsoleBench } from './console.testkit.ts';

const ONCALL = { groups: ['oncall'] };
const DAY = 24 * 60 * 60;

describe('pages about broken glass', () => {
  let bench: ConsoleBench;
  let id: string;

  beforeEach(async () => {
    bench = await ConsoleBench.start();
    id = await ask('one');
  });
  afterEach(() => bench.close());

  const ask = (name: string) => bench.bench.ask(name, request(name, { terms: GLASS_TERMS }));
  /** Somebody who has signed in just now. */
  const visit = (subject: string, facts = {}) => {
    const { audience: aud } = { audience: bench.approvalAudience ?? '' };
    return bench.visit(subject, { claims: { aud, auth_time: bench.nowSeconds }, ...facts });
  };

  async function page(path: string, subject: string, facts = {}): Promise<string> {
    return (await bench.get(path, await visit(subject, facts))).text();
  }

  async function smash(reason = 'payments are down', subject = 'olga', of = id) {
    const fields = { act: 'break-glass', reason };
    const sent = await bench.post(`/approvals/${of}`, await visit(subject, ONCALL), fields);
    return { status: sent.status, to: sent.headers.get('location'), text: await sent.text() };
  }

  async function review(subject: string, fields: Record<string, string>, facts = {}) {
    const sent = await bench.post(`/approvals/${id}`, await visit(subject, facts), {
      act: 'review',
      ...fields,
    });
    return { status: sent.status, text: await sent.text() };
  }

  const OFFER = `href="/approvals/ID/break-glass"`;
  const offer = () => OFFER.replace('ID', id);

  it('offer it to whom the policy names, and to nobody else', async () => {
    expect(await page(`/approvals/${id}`, 'olga', ONCALL)).to.include(offer());
    expect(await page(`/approvals/${id}`, 'alice', ONCALL)).to.include(offer());
    const carols = await page(`/approvals/${id}`, 'carol');
    expect(carols).to.match(/<section id="glass" data-live="[^"]*" hidden>/);
    const turned = await bench.get(`/approvals/${id}/break-glass`, await visit('carol'));
    expect(turned.headers.get('location')).to.equal(`/approvals/${id}`);
  });

  it('break it with a reason, and say so', async () => {
    const olga = await visit('olga', ONCALL);
    const before = await (await bench.get(`/approvals/${id}/break-glass`, olga)).text();
    const { status, to } = await smash();

    expect(before).to.include('Why it cannot wait').and.include('{').and.include(MCP);
    expect([status, to]).to.deep.equal([303, `/approvals/${id}`]);
    expect(await bench.bench.stateOf(id)).to.equal('GRANTED');
    expect(bench.bench.story).to.deep.equal(['approval.glass_broken olga']);
  });

  it('say before the glass is broken that it opens a window, where it does', async () => {
    const allowance = { scope: 'Window', maxUses: 3, ttlSeconds: 600 } as const;
    const asked = request('window', { terms: { ...GLASS_TERMS, allowance } });
    const window = await bench.bench.ask('window', asked);

    const shown = await page(`/approvals/${window}/break-glass`, 'olga', ONCALL);

    expect(shown).to.include('Up to 3 calls of this tool by this caller, with ANY arguments');
  });

  it('ask again for a reason, and keep what was written when evidence fails', async () => {
    expect(await smash('  ')).to.include({ status: 422 });
    bench.bench.ledgerFails = true;
    const failed = await smash('my own words');

    expect(failed.status).to.equal(503);
    expect(failed.text).to.include('my own words</textarea>');
    expect(await bench.bench.stateOf(id)).to.equal('PENDING');
  });

  it('ask for a fresh sign-in, and break nothing without one', async () => {
    const olga = await visit('olga', ONCALL);
    bench.pass(14 * 60);
    const two = await ask('two');
    bench.pass(2 * 60);

    const shown = await (await bench.get(`/approvals/${two}/break-glass`, olga)).text();
    const sent = await bench.post(`/approvals/${two}`, olga, {
      act: 'break-glass',
      reason: 'down',
    });

    expect(shown).to.include(`/sign-in?to=%2Fapprovals%2F${two}%2Fbreak-glass&amp;anew=1`);
    expect(shown).to.not.include('<textarea');
    expect(sent.status).to.equal(403);
    expect(await bench.bench.stateOf(two)).to.equal('PENDING');
  });

  it('break nothing faster than people do, nor for whoever may not', async () => {
    const bobs = await bench.post(`/approvals/${id}`, await visit('bob'), {
      act: 'break-glass',
      reason: 'x',
    });
    bench.isHurried = true;

    expect(bobs.status).to.equal(403);
    expect((await smash()).status).to.equal(429);
    expect(await bench.bench.stateOf(id)).to.equal('PENDING');
  });

  it('break nothing while a review is overdue, and say what to do', async () => {
    await smash();
    bench.pass(DAY);
    const two = await ask('two');

    const { status, text } = await smash('again', 'olga', two);

    expect(status).to.equal(409);
    expect(text).to.include('or by you, has not been reviewed in time; have that reviewed first.');
  });

  it('queue reviews: for whom they are, overdue ones first, then done', async () => {
    await smash();
    expect(await page('/', 'carol')).to.include('One call went on without a decision');
    expect(await page('/', 'olga', ONCALL)).to.match(/id="reviews"[^>]* hidden>/);
    const open = await page('/reviews', 'carol');
    bench.pass(DAY);
    const overdue = await page('/reviews', 'carol');
    await review('carol', { verdict: 'unjustified', reason: 'it could wait' });
    const done = await page('/reviews', 'carol');

    expect(open).to.include('you may review it').and.include('“payments are down”');
    expect(overdue).to.include('Review overdue');
    expect(done).to.include('carol@example.com: not justified, “it could wait”');
    expect(done).to.include('Nothing is to be reviewed.');
    expect(await page('/reviews', 'zoe', { groups: ['sales'] })).to.not.include(id);
  });

  it('take a review from an approver, with a verdict and a reason', async () => {
    await smash();
    const shown = await page(`/approvals/${id}`, 'carol');

    expect(shown).to.include('let this go on without a decision').and.include('value="justified"');
    expect((await review('carol', { reason: 'fine' })).text).to.include(
      'Verdict: must be justified or unjustified.',
    );
    expect((await review('carol', { verdict: 'justified', reason: '' })).status).to.equal(422);
    expect((await review('carol', { verdict: 'justified', reason: 'fine' })).status).to.equal(303);
    expect((await review('dave', { verdict: 'justified', reason: 'me too' })).status).to.equal(409);
  });

  it('offer no review to whoever broke it or asked, and refuse one that is sent all the same', async () => {
    await smash();
    const both = { groups: ['oncall', 'finance'] };

    for (const subject of ['olga', 'alice']) {
      expect(await page(`/approvals/${id}`, subject, both)).to.not.include('value="justified"');
      const said = { verdict: 'justified', reason: 'mine' };
      expect((await review(subject, said, both)).status).to.equal(403);
    }
  });
});
