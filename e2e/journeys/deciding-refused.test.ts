import { expect } from 'chai';
import type { Fixture } from '#e2e/servers/serve.ts';
import { ApiContract } from '#platform/http/api-contract.testkit.ts';
import { askingSpec, startAskingRig, VERIFIED, verification } from './approving.ts';
import { Desk } from './desk.ts';
import type { Rig, TokenWishes } from './rig.ts';
import { until } from './until.ts';
import { type Answer, send } from './wire.ts';

const REASON = ['--reason', 'checked with the customer'];
/** A quarter of an hour, and a minute. */
const LONG_AGO = Math.floor(Date.now() / 1000) - 960;

interface Refused {
  readonly name: string;
  readonly sub: string;
  readonly wishes?: TokenWishes;
  readonly code: string;
  readonly says: RegExp;
}

const refused: readonly Refused[] = [
  { name: 'whoever asked', sub: 'alice', code: 'requester', says: /your own request/ },
  {
    name: 'whoever asked, under another account of theirs',
    sub: 'alice-admin',
    code: 'same_person',
    says: /under another account/,
  },
  {
    name: 'whom the agent acts through',
    sub: 'dave',
    code: 'acts_for_requester',
    says: /through you/,
  },
  { name: 'who is no approver', sub: 'bob', code: 'not_an_approver', says: /does not name you/ },
  {
    name: 'an approver with the token of an MCP server',
    sub: 'carol',
    wishes: { audience: 'the MCP server' },
    code: 'audience_wrong',
    says: /only audience is spec\.identity\.approvalAudience/,
  },
  {
    name: 'an approver who signed in long ago',
    sub: 'carol',
    wishes: { extraClaims: { auth_time: LONG_AGO } },
    code: 'sign_in_stale',
    says: /sign in again with max_age=900/,
  },
  {
    name: 'an approver whose token does not say when they signed in',
    sub: 'carol',
    wishes: { extraClaims: { auth_time: undefined } },
    code: 'sign_in_unknown',
    says: /sign in again with max_age=900/,
  },
  {
    name: 'an agent with an approver’s token',
    sub: 'carol',
    wishes: { actor: { sub: 'bot' } },
    code: 'agent_token',
    says: /got yourself/,
  },
  {
    name: 'an approver whose address nobody verified',
    sub: 'carol',
    wishes: { extraClaims: { email_verified: false } },
    code: 'person_missing',
    says: /person claim/,
  },
];

describe('deciding is refused to', function () {
  // Each decision is a program of its own.
  this.timeout(60_000);
  let rig: Rig<Fixture>;
  let desk: Desk;
  let contract: ApiContract;
  let id: string;

  before(async () => {
    contract = await ApiContract.read();
    rig = await startAskingRig({ era: 'modern', holdSeconds: 0 });
    desk = new Desk(rig);
    await desk.refund({ amount: 60 }, { actor: { sub: 'agent-7', act: { sub: 'dave' } } });
    ({ id } = await desk.waiting());
  });

  after(() => rig.close());

  async function untouched() {
    expect((await desk.show('carol', id)).state).to.equal('PENDING');
    expect((await desk.show('carol', id)).votes).to.deep.equal([]);
    expect(rig.server.journal.executions('refund')).to.equal(0);
  }

  function heldTo(method: string, path: string, { status, headers, text }: Answer) {
    const answered = {
      method,
      path,
      status,
      headers: new Headers(headers as Record<string, string>),
      body: JSON.parse(text),
    };
    expect(contract.problems(answered)).to.deep.equal([]);
    return answered;
  }

  for (const { name, sub, wishes: wished = {}, code, says } of refused) {
    it(`${name}, on record: ${code}`, async () => {
      const wishes = wished.audience === undefined ? wished : { ...wished, audience: rig.url };
      const approve = await desk.cli(sub, ['approve', id, ...REASON], wishes);
      const deny = heldTo(
        'POST',
        `/approvals/${id}/deny`,
        await desk.http(`/approvals/${id}/deny`, {
          token: await desk.token(sub, wishes),
          body: { reason: 'checked with the customer' },
        }),
      );

      expect(approve).to.include({ code: 1, stdout: '' });
      expect(approve.stderr).to.include(`(${code})`).and.match(says);
      expect(deny).to.deep.include({ status: 403 });
      expect(deny.body).to.include({ code });
      expect((await desk.story(id)).slice(-2)).to.deep.equal([
        `approval.voted ${sub} ${code}`,
        `approval.voted ${sub} ${code}`,
      ]);
      await untouched();
    });
  }

  it('whoever gives no reason, on record', async () => {
    const path = `/approvals/${id}/approve`;
    const token = await desk.token('carol');
    const answers = [
      await desk.http(path, { token, body: {} }),
      await desk.http(path, { token, body: { reason: ' ' } }),
    ];

    for (const answer of answers) {
      const { status, body } = heldTo('POST', path, answer);
      expect([status, body.field]).to.deep.equal([400, 'reason']);
    }
    expect((await desk.cli('carol', ['approve', id])).code).to.equal(64);
    expect((await desk.story(id)).slice(-2)).to.deep.equal([
      'approval.voted carol reason_invalid',
      'approval.voted carol reason_invalid',
    ]);
    await untouched();
  });

  it('whoever has no token, or one that nobody trusts, on record without a name', async () => {
    const path = `/approvals/${id}/approve`;
    const body = { reason: 'checked' };
    const before = (await rig.records()).length;

    const none = heldTo('POST', path, await desk.http(path, { body }));
    const forged = heldTo('POST', path, await desk.http(path, { token: 'x.y.z', body }));
    const foreign = heldTo(
      'POST',
      path,
      await desk.http(path, {
        token: await desk.token('carol', { audience: 'https://other.example' }),
        body,
      }),
    );

    expect([none, forged, foreign].map(({ status }) => status)).to.deep.equal([401, 401, 401]);
    expect(none.headers.get('www-authenticate')).to.match(/^Bearer /);
    const failed = (await rig.records()).slice(before).filter(({ type }) => type === 'auth.failed');
    expect(failed).to.have.length(3);
    expect(failed[0]?.detail).to.deep.equal({ door: 'approvals' });
    await untouched();
  });

  it('a web page, whoever looks at it', async () => {
    const token = await desk.token('carol');
    const page = await send(`${rig.gatehouse.adminUrl}/approvals`, {
      method: 'GET',
      headers: [
        ['authorization', `Bearer ${token}`],
        ['origin', 'https://evil.example'],
      ],
    });
    const rebound = await send(`${rig.gatehouse.adminUrl}/approvals`, {
      method: 'GET',
      headers: [
        ['authorization', `Bearer ${token}`],
        ['host', 'evil.example'],
      ],
    });

    expect(
      [page, rebound].map((answer) => heldTo('GET', '/approvals', answer).status),
    ).to.deep.equal([403, 403]);
  });

  it('people who may not even see it', async () => {
    expect(await desk.list('bob')).to.deep.equal([]);
    expect((await desk.cli('bob', ['show', id])).stderr).to.include('(not_an_approver)');
    expect(await desk.list('alice')).to.have.length(1);
    expect(await desk.list('carol')).to.have.length(1);
  });

  it('an agent through MCP: a token for approvals opens no MCP server', async () => {
    const token = await desk.token('carol');
    const answer = await send(rig.url, {
      headers: [
        ['authorization', `Bearer ${token}`],
        ['content-type', 'application/json'],
      ],
      body: '{}',
    });

    expect(answer.status).to.equal(401);
  });

  it('a policy whose approvers would sign in with tokens for MCP', async () => {
    const { identity, ...spec } = askingSpec();
    await rig.writePolicy({ ...spec, identity: { ...identity, approvalAudience: rig.url } });
    await until('the policy refused', () => rig.log().includes('"policy rejected'));

    expect(rig.log()).to.include('spec.identity.approvalAudience: must differ');
    expect((await desk.list('carol')).map(({ state }) => state)).to.deep.equal(['PENDING']);
  });

  it('nobody in a way that breaks the evidence or tells a secret', async () => {
    const tokens = await Promise.all(['carol', 'alice', 'bob'].map((sub) => desk.token(sub)));

    expect(await verification(rig)).to.deep.equal(VERIFIED);
    const said = `${rig.log()}${JSON.stringify(await rig.records())}`;
    for (const token of tokens) expect(said).not.to.include(token);
    expect(said).not.to.include('alice@corp.example');
  });
});
