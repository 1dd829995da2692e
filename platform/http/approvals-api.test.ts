import { expect } from 'chai';
import { GLASS_TERMS, request } from '#core/approvals/approvals.testkit.ts';
import { ACTS } from '#core/approvals/desk.ts';
import { ApiContract } from './api-contract.testkit.ts';
import { ApiBench, type Sent } from './approvals-api.testkit.ts';
import { NOT_TAKEN, REASON, TOKENS, TURNED_AWAY } from './approvals-api-cases.testkit.ts';

describe('the approvals API', () => {
  let contract: ApiContract;
  let api: ApiBench;
  let id: string;

  before(async () => {
    contract = await ApiContract.read();
  });

  beforeEach(async () => {
    api = new ApiBench();
    await api.start();
    id = await api.bench.ask('1');
  });

  afterEach(() => api.close());

  /** Sends, and holds the answer to the contract. */
  async function ask(path: string, sent: Sent = {}) {
    const answered = await api.send(path, sent);
    expect(contract.problems(answered), `${answered.status}`).to.deep.equal([]);
    expect(answered.headers.get('cache-control')).to.equal('no-store');
    expect([...answered.headers.keys()].join()).not.to.include('access-control');
    return answered;
  }

  function told({ status, body }: { readonly status: number; readonly body: unknown }) {
    const { code, field } = body as { readonly code?: string; readonly field?: string };
    return [status, code, field].filter((part) => part !== undefined).join(' ');
  }

  it('lists what the caller may decide, without arguments', async () => {
    const mine = await ask('/approvals', { token: 'bob' });
    const none = await ask('/approvals', { token: 'zoe' });

    expect(mine.body).to.have.nested.property('approvals[0].id', id);
    expect(mine.body).to.have.nested.property('approvals[0].tool', 'refund');
    expect(mine.body).to.have.nested.property('approvals[0].requester', 'alice');
    expect(mine.body).to.have.nested.property('approvals[0].missing', 1);
    expect(JSON.stringify(mine.body)).not.to.include('50.5');
    expect(none.body).to.deep.equal({ approvals: [] });
  });

  it('lists by state and limit', async () => {
    await api.bench.ask('2');

    const one = await ask('/approvals?limit=1&state=PENDING&state=DENIED', { token: 'bob' });
    const denied = await ask('/approvals?state=DENIED', { token: 'bob' });

    expect(one.body).to.have.property('approvals').with.length(1);
    expect(denied.body).to.deep.equal({ approvals: [] });
  });

  it('shows one to its approvers and its requester, arguments byte for byte', async () => {
    const bound = '{"order":"1","amount":50.5}';

    expect((await ask(`/approvals/${id}`, { token: 'bob' })).body).to.include({ arguments: bound });
    expect((await ask(`/approvals/${id}`, { token: 'alice' })).body).to.include({ id });
  });

  it('takes decisions, and says what has become of it', async () => {
    const other = await api.bench.ask('2');
    const third = await api.bench.ask('3');
    const act = (of: string, word: string, token = 'bob') =>
      ask(`/approvals/${of}/${word}`, { token, body: REASON });

    const granted = await act(id, 'approve');
    const revoked = await act(id, 'revoke', 'carol');
    const denied = await act(other, 'deny');
    const cancelled = await ask(`/approvals/${third}/cancel`, { method: 'POST', token: 'alice' });

    const states = [granted, revoked, denied, cancelled].map(({ body }) => body);
    expect(states.map((body) => (body as { state: string }).state)).to.deep.equal([
      'GRANTED',
      'REVOKED',
      'DENIED',
      'CANCELLED',
    ]);
    expect(granted.body).to.have.nested.property('grant.uses', 0);
    expect(granted.body).not.to.have.nested.property('grant.nonce');
    expect(granted.body).not.to.have.nested.property('grant.signature');
    expect(revoked.body).to.deep.include({
      ended: {
        at: '2026-01-01T00:00:00.000Z',
        by: 'carol',
        byIssuer: 'https://idp.example',
        ...REASON,
      },
    });
  });

  for (const { name, sent, says } of TURNED_AWAY) {
    it(`turns ${name} away everywhere: ${says}`, async () => {
      const answers = [
        await ask('/approvals', sent),
        await ask(`/approvals/${id}`, sent),
        ...(await Promise.all(
          ACTS.map((act) => ask(`/approvals/${id}/${act}`, { ...sent, body: REASON })),
        )),
      ];

      expect(new Set(answers.map(told))).to.deep.equal(new Set([says]));
      expect(await api.bench.stateOf(id)).to.equal('PENDING');
    });
  }

  for (const host of [
    'localhost',
    '127.0.0.1:9090',
    '[::1]:9090',
    '192.0.2.7',
    'Gatehouse.internal',
  ]) {
    it(`may be called as ${host}`, async () => {
      expect((await ask('/approvals', { token: 'bob', headers: { host } })).status).to.equal(200);
    });
  }

  it('challenges who is not signed in, and says how fresh a sign-in must be', async () => {
    const challenge = async (sent: Sent) =>
      (await ask('/approvals', sent)).headers.get('www-authenticate');

    expect(await challenge({})).to.equal('Bearer realm="gatehouse approvals"');
    expect(await challenge({ token: 'mallory' })).to.match(/error="invalid_token"/);
    expect(await challenge({ token: 'stale' })).to.match(/max_age="900"/);
  });

  it('tells of each who is not proven, without a word of the token', async () => {
    await ask('/approvals', { token: 'mallory-s3cret' });

    expect(api.unproven).to.deep.equal([
      { code: 'token_invalid', reason: 'signature: does not match' },
    ]);
  });

  it('turns away who has no say, and who asks about what there is not', async () => {
    const act = async (token: string, word: string, of = id) =>
      told(await ask(`/approvals/${of}/${word}`, { token, body: REASON }));

    expect(await act('alice', 'approve')).to.equal('403 requester');
    expect(await act('zoe', 'deny')).to.equal('403 not_an_approver');
    expect(await act('bob', 'cancel')).to.equal('403 not_the_requester');
    expect(await act('bob', 'revoke')).to.equal('409 not_granted');
    for (const word of ACTS) expect(await act('bob', word, 'request-none')).to.equal('404 unknown');
    expect(told(await ask(`/approvals/${id}`, { token: 'zoe' }))).to.equal('403 not_an_approver');
    expect(told(await ask('/approvals/request-none', { token: 'bob' }))).to.equal('404 unknown');
  });

  it('turns away who comes too late', async () => {
    await ask(`/approvals/${id}/deny`, { token: 'bob', body: REASON });

    for (const act of ['approve', 'deny', 'revoke']) {
      const answer = await ask(`/approvals/${id}/${act}`, { token: 'carol', body: REASON });
      expect(answer.status).to.equal(409);
    }
    const cancelled = await ask(`/approvals/${id}/cancel`, { token: 'alice', body: REASON });
    expect(told(cancelled)).to.equal('409 not_pending');
  });

  for (const { name, sent, says } of NOT_TAKEN) {
    it(`does not take ${name}: ${says}`, async () => {
      for (const act of ACTS) {
        // A verdict is missed before a reason is.
        if (act === 'review' && says.includes('reason_invalid')) continue;
        const of = act === 'revoke' ? await granted(act) : await glassy(act);
        const answer = await ask(`/approvals/${of}/${act}`, {
          token: TOKENS.get(act) ?? 'bob',
          ...sent,
        });
        expect(told(answer)).to.equal(says);
      }
    });
  }

  const glassy = (name: string) => api.bench.ask(name, request(name, { terms: GLASS_TERMS }));

  it('lets whom the policy names break glass, and somebody else review it', async () => {
    const of = await glassy('g');
    const review = { verdict: 'justified', ...REASON };
    const act = (token: string, word: string, body: object) =>
      ask(`/approvals/${of}/${word}`, { token, body });

    expect(told(await act('bob', 'break-glass', REASON))).to.equal('403 glass_not_yours');
    const broken = await act('olga', 'break-glass', REASON);
    expect(broken.body).to.have.nested.property('breakGlass.by', 'olga');
    expect(told(await act('olga', 'break-glass', REASON))).to.equal('409 not_pending');
    expect(told(await act('olga', 'review', review))).to.equal('403 broke_it');
    expect(told(await act('bob', 'review', REASON))).to.equal('400 verdict_missing verdict');
    expect(told(await act('bob', 'review', { ...review, verdict: 'fine' }))).to.equal(
      '400 input_invalid verdict',
    );
    const open = await ask('/approvals?review=open&review=overdue', { token: 'bob' });
    expect(open.body).to.have.nested.property('approvals[0].id', of);
    const reviewed = await act('bob', 'review', review);
    expect(reviewed.body).to.have.nested.property('breakGlass.review.verdict', 'justified');
    expect(told(await act('carol', 'review', review))).to.equal('409 reviewed_already');
  });

  async function granted(name: string): Promise<string> {
    const other = await api.bench.ask(name);
    await api.send(`/approvals/${other}/approve`, { token: 'bob', body: REASON });
    return other;
  }

  it('has a decision without a reason on record', async () => {
    const answer = await ask(`/approvals/${id}/approve`, { token: 'bob', method: 'POST' });

    expect(told(answer)).to.equal('400 reason_invalid reason');
    expect(api.bench.story).to.deep.equal(['approval.voted bob reason_invalid']);
  });

  it('names what is wrong with a query', async () => {
    const query = async (text: string) => told(await ask(`/approvals?${text}`, { token: 'bob' }));

    expect(await query('state=OPEN')).to.equal('400 input_invalid state');
    expect(await query('limit=0')).to.equal('400 input_invalid limit');
    expect(await query('limit=1e3')).to.equal('400 input_invalid limit');
    expect(await query('limit=1&limit=2')).to.equal('400 input_invalid limit');
    expect(await query('review=late')).to.equal('400 input_invalid review');
    expect(await query('approver=bob')).to.equal('400 input_invalid query');
  });

  it('knows one method for each path, and no path besides', async () => {
    const paths = [
      '/approvals',
      `/approvals/${id}`,
      ...ACTS.map((act) => `/approvals/${id}/${act}`),
    ];
    for (const path of paths) {
      const answer = await ask(path, { token: 'bob', method: 'PUT' });
      expect(told(answer)).to.equal('405 method_not_allowed');
    }
    for (const path of [
      '/approvals/',
      '/approvals/a',
      `/approvals/${id}/grant`,
      `/approvals/${id}?x`,
    ]) {
      expect(told(await api.send(path, { token: 'bob' }))).to.equal('404 path_unknown');
    }
  });

  it('is not there while no policy asks for approvals', async () => {
    api.isOff = true;

    expect(told(await ask('/approvals', { token: 'bob' }))).to.equal('404 approvals_off');
  });

  async function everywhere(): Promise<ReadonlySet<string>> {
    const answers = [
      await ask('/approvals', { token: 'bob' }),
      await ask(`/approvals/${id}`, { token: 'bob' }),
    ];
    for (const act of ACTS) {
      const token = act === 'cancel' ? 'alice' : 'bob';
      answers.push(await ask(`/approvals/${id}/${act}`, { token, body: REASON }));
    }
    return new Set(answers.map(told));
  }

  it('bounds how often one person comes', async () => {
    api.tooSoonSeconds = 7;

    expect(await everywhere()).to.deep.equal(new Set(['429 rate_limited']));
    expect((await ask('/approvals', { token: 'bob' })).headers.get('retry-after')).to.equal('7');
  });

  it('says when nothing can be decided, and when to come back', async () => {
    api.bench.storeFails = true;
    const store = await ask(`/approvals/${id}/deny`, { token: 'bob', body: REASON });
    api.bench.storeFails = false;
    api.bench.ledgerFails = true;
    const evidence = await ask(`/approvals/${id}/approve`, { token: 'bob', body: REASON });

    expect([store, evidence].map(told)).to.deep.equal([
      '503 store_unavailable',
      '503 evidence_unavailable',
    ]);
    expect(evidence.headers.get('retry-after')).to.equal('5');
  });

  it('keeps its own faults to itself', async () => {
    const fail = () => Promise.reject(new TypeError('a bug with s3cret'));
    Object.assign(api.bench.store, { get: fail, list: fail });

    expect(await everywhere()).to.deep.equal(new Set(['500 fault']));
    expect(api.faults).to.have.length(2 + ACTS.length);
  });

  after('has met every answer that is documented, but of gateways that decide nothing', () => {
    expect(contract.unseen.filter((way) => !way.endsWith(' 421'))).to.deep.equal([]);
  });
});
