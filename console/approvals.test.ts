// What the pages about approvals offer, to whom, and what becomes of what they send.

import { expect } from 'chai';
import { MCP, principal, request, TERMS } from '#core/approvals/approvals.testkit.ts';
import { ConsoleBench } from './console.testkit.ts';

describe('pages about approvals', () => {
  let bench: ConsoleBench;
  beforeEach(async () => {
    bench = await ConsoleBench.start();
  });
  afterEach(() => bench.close());

  async function page(path: string, subject: string, facts = {}): Promise<string> {
    const { cookie } = await bench.visit(subject, facts);
    return (await bench.get(path, { cookie })).text();
  }

  async function decide(id: string, subject: string, fields: Record<string, string>, facts = {}) {
    const response = await bench.post(
      `/approvals/${id}`,
      await bench.visit(subject, facts),
      fields,
    );
    return { status: response.status, text: await response.text() };
  }

  it('show the inbox to whoever may decide, and nothing of it to others', async () => {
    const id = await bench.ask('one');

    const carols = await page('/', 'carol');
    const strangers = await page('/', 'zoe', { groups: ['sales'] });

    expect(carols).to.include(`href="/approvals/${id}"`).and.include('(1) Approvals');
    expect(strangers).to.not.include(id);
  });

  it('hide a request from those who have no say, as if there were none', async () => {
    const id = await bench.ask('one');
    const { cookie } = await bench.visit('zoe', { groups: ['sales'] });

    const hidden = await bench.get(`/approvals/${id}`, { cookie });
    const invented = await bench.get('/approvals/no-such-approval', { cookie });

    expect([hidden.status, invented.status]).to.deep.equal([404, 404]);
    const form = /value="[\w-]{43}"/g;
    expect((await hidden.text()).replace(form, '')).to.equal(
      (await invented.text()).replace(form, ''),
    );
  });

  it('escape what the caller wrote, and show what would not be seen', async () => {
    const asked = { ...request('evil'), preview: '{"a":"<img src=x onerror=1> \u202e"}' };
    const id = await bench.bench.ask('evil', asked);

    const text = await page(`/approvals/${id}`, 'carol');

    expect(text).to.include('&lt;img src=x onerror=1&gt; \\u{202e}');
    expect(text).to.not.include('<img');
  });

  it('say before the buttons at which server it would happen', async () => {
    const text = await page(`/approvals/${await bench.ask('one')}`, 'carol');

    expect(text.indexOf(MCP)).to.be.within(0, text.indexOf('value="approve"'));
  });

  it('say before the buttons how much of the arguments a decision holds for', async () => {
    const one = await bench.ask('one');
    const allowance = { scope: 'Window', maxUses: 5, ttlSeconds: 600 } as const;
    const many = await bench.bench.ask('many', request('many', { terms: { ...TERMS, allowance } }));

    const [call, window] = [
      await page(`/approvals/${one}`, 'carol'),
      await page(`/approvals/${many}`, 'carol'),
    ];

    const exact = 'Exactly these are bound to the decision';
    const any = 'Up to 5 calls of this tool by this caller, with ANY arguments, within 10 min';
    expect(call).to.include(exact);
    expect(window).to.not.include(exact);
    expect(window.indexOf(any)).to.be.within(0, window.indexOf('value="approve"'));
  });

  it('offer the requester nothing but to cancel', async () => {
    const id = await bench.ask('own');

    const own = await page(`/approvals/${id}`, 'alice');

    expect(own).to.include('This is your own request').and.include('value="cancel"');
    expect(own).to.not.include('value="approve"');
  });

  it('refuse the requester who approves all the same, and put that on record', async () => {
    const id = await bench.ask('own');

    const { status, text } = await decide(id, 'alice', { act: 'approve', reason: 'mine' });

    expect(status).to.equal(403);
    expect(text).to.include('This is your own request; somebody else must decide it.');
    expect(await bench.bench.stateOf(id)).to.equal('PENDING');
    expect(bench.bench.story).to.include('approval.voted alice requester');
  });

  it('let the requester cancel', async () => {
    const id = await bench.ask('own');

    const { status } = await decide(id, 'alice', { act: 'cancel', reason: '' });

    expect([status, await bench.bench.stateOf(id)]).to.deep.equal([303, 'CANCELLED']);
  });

  it('let an approver deny, and take an approval back', async () => {
    const [one, two] = [await bench.ask('one'), await bench.ask('two')];

    await decide(one, 'carol', { act: 'deny', reason: 'too much' });
    await decide(two, 'carol', { act: 'approve', reason: 'fine' });
    const offered = await page(`/approvals/${two}`, 'carol');
    await decide(two, 'carol', { act: 'revoke', reason: 'not fine' });

    expect(offered).to.include('Take the approval back');
    expect(await bench.bench.stateOf(one)).to.equal('DENIED');
    expect(await bench.bench.stateOf(two)).to.equal('REVOKED');
  });

  for (const reason of ['', '  \n ', 'x'.repeat(501)]) {
    it(`ask again for a reason instead of ${reason.length} characters like ${JSON.stringify(reason.slice(0, 4))}`, async () => {
      const id = await bench.ask('one');

      const { status, text } = await decide(id, 'carol', { act: 'approve', reason });

      expect(status).to.equal(422);
      expect(text).to.include('Reason: must say why').and.include('value="approve"');
      expect(await bench.bench.stateOf(id)).to.equal('PENDING');
    });
  }

  it('take a reason on several lines as one', async () => {
    const id = await bench.ask('one');

    await decide(id, 'carol', { act: 'approve', reason: 'checked\r\nwith  them\n' });

    const [vote] = (await bench.bench.store.get(id))?.votes ?? [];
    expect(vote?.reason).to.equal('checked with them');
  });

  it('refuse decisions faster than people make them', async () => {
    const id = await bench.ask('one');
    bench.isHurried = true;

    const { status } = await decide(id, 'carol', { act: 'approve', reason: 'x' });

    expect([status, await bench.bench.stateOf(id)]).to.deep.equal([429, 'PENDING']);
  });

  it('refuse what is no act', async () => {
    const id = await bench.ask('one');

    expect((await decide(id, 'carol', { act: 'consume', reason: 'x' })).status).to.equal(400);
    expect((await decide('nothing-here', 'carol', { act: 'deny', reason: 'x' })).status).to.equal(
      404,
    );
  });

  it('say that a decision came too late', async () => {
    const id = await bench.ask('one');
    await decide(id, 'dave', { act: 'deny', reason: 'no' });

    const { status, text } = await decide(id, 'carol', { act: 'approve', reason: 'yes' });

    expect(status).to.equal(409);
    expect(text).to.include('It does not wait for a decision any more.');
  });

  it('move a request that needs two to the others once its reader has approved it', async () => {
    const [need] = TERMS.needs;
    const terms = { ...TERMS, needs: need === undefined ? [] : [{ ...need, quorum: 2 }] };
    const id = await bench.bench.ask('two', request('two', { terms }));

    await decide(id, 'carol', { act: 'approve', reason: 'one of two' });
    const inbox = await page('/', 'carol');

    expect(inbox)
      .to.include('you approved, 1 of 2 approvals')
      .and.include('Nothing waits for you.');
    expect(await page('/', 'dave')).to.include('1 of 2 approvals');
  });

  it('read on after 15 minutes, and ask for a fresh sign-in to decide', async () => {
    const id = await bench.ask('one', 7200);
    const carol = await bench.visit('carol');
    bench.pass(16 * 60);

    const shown = await (await bench.get(`/approvals/${id}`, carol)).text();
    const sent = await bench.post(`/approvals/${id}`, carol, {
      act: 'approve',
      reason: 'my words',
    });
    const answer = await sent.text();

    expect(shown).to.include('Sign in again').and.not.include('value="approve"');
    expect(shown).to.include(`href="/sign-in?to=%2Fapprovals%2F${id}&amp;anew=1"`);
    expect(sent.status).to.equal(403);
    expect(answer).to.include('Nothing was decided');
    expect(await bench.bench.stateOf(id)).to.equal('PENDING');
    expect(bench.bench.story).to.include('approval.voted carol sign_in_stale');
  });

  it('say that nothing was approved while evidence fails, and keep what was written', async () => {
    const id = await bench.ask('one');
    bench.bench.ledgerFails = true;

    const { status, text } = await decide(id, 'carol', { act: 'approve', reason: 'my own words' });

    expect(status).to.equal(503);
    expect(text)
      .to.include('nothing was approved, try again')
      .and.include('my own words</textarea>');
    expect(await bench.bench.stateOf(id)).to.equal('PENDING');
  });

  it('show what was decided before about the same tool, and to whom', async () => {
    const before = await bench.bench.ask('before', request('before', { by: principal('bob') }));
    await decide(before, 'carol', { act: 'deny', reason: 'not that customer' });
    const id = await bench.ask('now');

    const text = await page(`/approvals/${id}`, 'carol');

    expect(text).to.include('Decided before, same tool');
    expect(text).to.include(`href="/approvals/${before}"`).and.include('“not that customer”');
  });

  it('name nobody in what was decided before who did not decide it', async () => {
    const before = await bench.bench.ask('before', request('before', { by: principal('bob') }));
    await decide(before, 'carol', { act: 'deny', reason: 'not that customer' });
    const id = await bench.ask('now');
    const { store } = bench.bench;
    const list = store.list.bind(store);
    store.list = async (query) =>
      (await list(query)).map((approval) => ({
        ...approval,
        votes: approval.votes.map((vote) => ({ ...vote, person: 'the-boss@example.com' })),
      }));

    const text = await page(`/approvals/${id}`, 'carol');

    expect(text).to.include(`href="/approvals/${before}"`);
    expect(text).to.not.include('the-boss');
  });

  it('take nothing for what was approved when it looked like something else', async () => {
    const id = await bench.ask('one');
    const { store } = bench.bench;
    const get = store.get.bind(store);
    const seenIn = (text: string) => /name="seen" value="([0-9a-f]{64})"/.exec(text)?.[1] ?? '';
    store.get = async (each) => {
      const approval = await get(each);
      const preview = '{"amount":1}';
      return approval && { ...approval, request: { ...approval.request, preview } };
    };
    const swapped = seenIn(await page(`/approvals/${id}`, 'carol'));
    store.get = get;
    const approve = { act: 'approve', reason: 'fine' };

    const { status, text } = await decide(id, 'carol', { ...approve, seen: swapped });

    expect([status, await bench.bench.stateOf(id)]).to.deep.equal([409, 'PENDING']);
    expect(text).to.include('It is not as it was shown to you');
    expect(bench.bench.story).to.deep.equal(['approval.voted carol shown_otherwise']);
    expect((await decide(id, 'carol', { ...approve, seen: seenIn(text) })).status).to.equal(303);
    expect(await bench.bench.stateOf(id)).to.equal('GRANTED');
  });

  it('are for nobody once the policy names no audience', async () => {
    const { cookie } = await bench.visit('carol');
    bench.approvalAudience = undefined;

    expect((await bench.get('/', { cookie })).status).to.equal(401);
    expect((await bench.get('/sign-in')).status).to.equal(503);
  });
});
