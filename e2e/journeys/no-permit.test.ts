import { expect } from 'chai';
import { start as startModern } from '#e2e/servers/modern-fixture.ts';
import type { Fixture } from '#e2e/servers/serve.ts';
import type { RecordedExchange } from './evidence.ts';
import { type Rig, type Spec, startRig } from './rig.ts';
import { callTool, type ModernRequest, messageOf, modern, send } from './wire.ts';

const PER_MINUTE = 20;

const SPEC: Spec = {
  rules: [
    {
      name: 'engineers',
      effect: 'Allow',
      match: { tools: ['echo', 'counter', 'refund', 'test_simple_text'] },
      subjects: { groups: ['engineering'] },
    },
    {
      name: 'small-refunds',
      effect: 'Deny',
      match: { tools: ['refund'] },
      when: ['args.amount > 50.0'],
      message: 'Refund at most 50, or ask finance.',
    },
    { name: 'short', effect: 'Allow', match: { tools: ['slow'] }, when: ['args.ms < 10.0'] },
    { name: 'strict', effect: 'Allow', match: { tools: ['stream'] }, when: ['args.n == "one"'] },
    {
      name: 'writers',
      effect: 'Allow',
      match: { tools: ['add'] },
      subjects: { scopes: ['mcp:read', 'mcp:write'] },
    },
    {
      name: 'records',
      effect: 'Allow',
      match: { resources: ['test://template/*/data'] },
      when: ['target.name.contains("public")'],
    },
  ],
  limits: { requestsPerMinute: PER_MINUTE },
};

interface Refused {
  readonly name: string;
  readonly asked: ModernRequest;
  readonly sub?: string;
  readonly status?: number;
  /** Error code; absent: a tool result that says no. */
  readonly code?: number;
  /** In what the caller reads. */
  readonly says?: string;
  /** In the record. */
  readonly refusal: string;
  readonly rule?: string;
}

const HIDDEN = { code: -32602, refusal: 'target_unknown' } as const;
const denied = (tool: string, args: object = {}) => callTool(tool, args);

const refusals: readonly Refused[] = [
  {
    name: 'a rule denies it',
    asked: denied('refund', { amount: 51 }),
    says: 'Refund at most 50, or ask finance.',
    refusal: 'denied',
    rule: 'policy-0/small-refunds',
  },
  {
    name: 'the conditions of the only rule do not hold',
    asked: denied('slow', { ms: 10 }),
    says: 'no rule allows it',
    refusal: 'denied',
  },
  {
    name: 'an expression of a rule fails on the arguments',
    asked: denied('slow', { ms: 'x' }),
    says: 'policy-0/short: when[0]',
    refusal: 'denied',
    rule: 'policy-0/short',
  },
  {
    name: 'an argument that a rule needs is not there',
    asked: denied('slow'),
    says: 'policy-0/short: when[0]',
    refusal: 'denied',
    rule: 'policy-0/short',
  },
  { name: 'no rule is about it', asked: denied('delete_everything'), ...HIDDEN },
  { name: 'no rule is about the caller', sub: 'bob', asked: denied('counter'), ...HIDDEN },
  {
    name: 'the token lacks the scopes, and the answer asks for all of them',
    asked: denied('add', { a: 1, b: 2 }),
    status: 403,
    code: -31001,
    refusal: 'scope_insufficient',
  },
  {
    name: 'no rule is about the resource',
    asked: { method: 'resources/read', params: { uri: 'test://static-text' } },
    ...HIDDEN,
  },
  {
    name: 'no condition lets the resource be read',
    asked: { method: 'resources/read', params: { uri: 'test://template/secret/data' } },
    code: -31001,
    says: 'no rule allows it',
    refusal: 'denied',
  },
  {
    name: 'a resource is spelled so that it looks like an allowed one',
    asked: { method: 'resources/read', params: { uri: 'test://template/public/../x/data' } },
    code: -31001,
    says: 'no rule allows it',
    refusal: 'denied',
  },
  {
    name: 'no rule is about the prompt',
    asked: { method: 'prompts/get', params: { name: 'test_simple_prompt' } },
    ...HIDDEN,
  },
  {
    name: 'completion would read what reading may not',
    asked: {
      method: 'completion/complete',
      params: {
        ref: { type: 'ref/prompt', name: 'test_prompt_with_arguments' },
        argument: { name: 'arg1', value: 'pa' },
      },
    },
    ...HIDDEN,
  },
  {
    name: 'a subscription follows what may not be read',
    asked: {
      method: 'subscriptions/listen',
      params: { notifications: { resourceSubscriptions: ['test://watched-resource'] } },
    },
    ...HIDDEN,
  },
  {
    name: 'the method does not exist in any revision',
    asked: { method: 'tools/destroy', params: {} },
    status: 404,
    code: -32601,
    refusal: 'method_unknown',
  },
];

// Promise 2: no permit, no forward.
describe('a call that is refused', () => {
  let rig: Rig<Fixture>;
  before(async () => {
    rig = await startRig({ server: startModern, specs: [SPEC] });
  });
  after(() => rig.close());

  for (const { name, asked, sub = 'alice', status = 200, code, says, refusal, rule } of refusals) {
    it(`never reaches the server: ${name}`, async () => {
      const before = rig.server.journal.read();
      const sent = modern(await rig.token(sub), asked);

      const answer = await send(rig.url, sent);

      const { error, result } = messageOf(answer);
      expect(answer.status, answer.text).to.equal(status);
      expect(error?.code).to.equal(code);
      if (code === undefined) {
        expect(result).to.include({ isError: true, resultType: 'complete' });
        expect(result).to.not.have.property('structuredContent');
      }
      if (says !== undefined) expect(answer.text).to.include(says);
      expect(rig.server.journal.read()).to.deep.equal(before);
      const record = await lastExchange(asked);
      expect(record.intent.decision).to.include({ effect: 'Deny' });
      expect(record.intent.principal?.subject).to.equal(sub);
      expect(record.outcome?.outcome).to.include({ status: 'refused', refusal });
      if (rule !== undefined) expect(record.intent.decision?.rule).to.equal(rule);
    });
  }

  it('passes once what was missing is there', async () => {
    const token = await rig.token('alice', { scope: 'mcp:read mcp:write' });

    const refund = await send(rig.url, modern(await rig.token(), denied('refund', { amount: 50 })));
    const add = await send(rig.url, modern(token, denied('add', { a: 1, b: 2 })));

    expect(messageOf(refund).result?.content?.[0]?.text).to.equal('Refunded 50.');
    expect(messageOf(add).result?.content?.[0]?.text).to.equal('3');
  });

  it('for its scopes names all that it needs, as a challenge', async () => {
    const sent = modern(await rig.token('alice', { scope: 'mcp:read' }), denied('add'));

    const answer = await send(rig.url, sent);

    expect(answer.headers['www-authenticate'])
      .to.include('Bearer ')
      .and.include('error="insufficient_scope"')
      .and.include('scope="mcp:read mcp:write"')
      .and.include(
        `resource_metadata="${new URL(rig.url).origin}/.well-known/oauth-protected-resource/mcp"`,
      );
  });

  it('for its rate is told when to come back, and others are not in its way', async () => {
    const token = await rig.token();
    const call = () => send(rig.url, modern(token, denied('test_simple_text')));

    const answers = await Promise.all(Array.from({ length: 2 * PER_MINUTE }, call));

    const refused = answers.filter((answer) => messageOf(answer).result === undefined);
    // A call more is allowed every few seconds, and nobody knows how many of these a busy machine takes.
    expect(refused.length).to.be.within(1, PER_MINUTE);
    for (const late of refused) {
      expect(messageOf(late).error?.code, late.text).to.equal(-31003);
      expect(Number(late.headers['retry-after'])).to.be.within(1, 60);
    }
    expect(rig.server.journal.executions('test_simple_text')).to.equal(
      answers.length - refused.length,
    );
    const other = await send(rig.url, modern(token, denied('echo', { message: 'other tool' })));
    expect(messageOf(other).result?.content?.[0]?.text).to.equal('other tool');
  });

  it('when it is a notification, is dropped without a word', async () => {
    const before = rig.server.journal.read();
    const { headers } = modern(await rig.token(), { method: 'notifications/invented' });
    const body = JSON.stringify({ jsonrpc: '2.0', method: 'notifications/invented' });

    const answer = await send(rig.url, { headers, body });

    expect({ status: answer.status, text: answer.text }).to.deep.equal({ status: 202, text: '' });
    expect(rig.server.journal.read()).to.deep.equal(before);
    const [record] = await rig.concluded('notifications/invented');
    expect(record?.outcome?.outcome?.status).to.equal('refused');
  });

  async function lastExchange({ method, params }: ModernRequest): Promise<RecordedExchange> {
    const { name, uri } = params ?? {};
    const subject =
      method === 'tools/call'
        ? `tool:${name}`
        : method === 'prompts/get'
          ? `prompt:${name}`
          : method === 'resources/read'
            ? `resource:${uri}`
            : method === 'completion/complete'
              ? 'prompt:test_prompt_with_arguments'
              : method;
    const found = (await rig.concluded(subject)).at(-1);
    if (found === undefined) throw new Error(`nothing recorded about ${subject}`);
    return found;
  }
});
