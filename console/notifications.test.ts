// A console of its own tells people what it wrote itself: on a real Redis, to a real receiver.

import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { AUDIENCE, GLASS_TERMS, principal, request } from '#core/approvals/approvals.testkit.ts';
import type { ApprovalStore } from '#core/approvals/store.ts';
import { compilePolicies } from '#core/policy/compile.ts';
import { loadApprovalKey } from '#platform/file/approval-key.ts';
import type { GoodPolicy } from '#platform/file/load-policy.ts';
import { loadTrustKey } from '#platform/file/trust-key.ts';
import { type Receiver, startReceiver } from '#platform/notify/receiver.testkit.ts';
import { createTokenVerifier } from '#platform/oidc/token-verifier.ts';
import { createClock } from '#platform/process/clock.ts';
import { createLogger } from '#platform/process/log.ts';
import { Metrics } from '#platform/process/metrics.ts';
import { startRedis, type TestRedis } from '#platform/redis/redis-server.fixture.ts';
import { connectTo, namespace, openStore } from '#platform/redis/stores.fixture.ts';
import { readRedisUrl } from '#platform/redis/target.ts';
import { type NamespaceParts, type OpenNamespace, openNamespace } from './open-namespace.ts';
import { ALONE_FLAGS } from './settings.ts';

const NAME = namespace('payments');
const SECRET = `whsec_${Buffer.alloc(32, 9).toString('base64')}`;

function policy(url?: string): GoodPolicy {
  const desk = {
    url: url ?? '',
    signingSecretFrom: { secretRef: { name: 'desk', key: 'secret' } },
  };
  const compiled = compilePolicies(
    [
      {
        apiVersion: 'gatehouse.dev/v1alpha1',
        kind: 'McpGatewayPolicy',
        metadata: { name: 'payments' },
        spec: {
          identity: {
            approvalAudience: AUDIENCE,
            issuers: [{ name: 'corp', issuer: 'https://idp.example' }],
          },
          ...(url === undefined
            ? {}
            : { notifications: [{ name: 'desk', type: 'Webhook', webhook: desk }] }),
        },
      },
    ],
    undefined,
    'Anywhere',
  );
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.problems));
  return { ok: true, policy: compiled.policy, digest: 'a'.repeat(64), documents: [] };
}

describe('a console of its own, where something is to be told,', () => {
  let redis: TestRedis;
  let folder: string;
  let desk: Receiver;
  let parts: NamespaceParts;
  let gateway: ApprovalStore;
  let opened: OpenNamespace;

  before(async () => {
    [redis, desk] = await Promise.all([startRedis(), startReceiver()]);
    folder = await mkdtemp(join(tmpdir(), 'gatehouse-told-'));
    parts = await partsOf(redis, folder);
    const mounted = join(folder, 'secrets', NAME, 'desk');
    await mkdir(mounted, { recursive: true });
    await writeFile(join(mounted, 'secret'), SECRET);
    gateway = await openStore(redis.url, NAME, { trusted: parts.approvalKey.trusted });
    opened = await openNamespace(NAME, policy(desk.url), parts);
  });

  after(async () => {
    await opened?.close();
    await gateway?.close();
    parts?.reader.disconnect();
    await parts?.verifier.close();
    await desk?.close();
    await redis?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  async function decide(
    subject: string,
    groups: readonly string[],
    act: 'approve' | 'break-glass',
  ) {
    const asked = request(`${subject}-${act}`, { terms: GLASS_TERMS });
    await gateway.attachOrCreate(asked);
    const auth_time = Math.floor(Date.now() / 1000);
    const by = principal(subject, { groups, claims: { aud: AUDIENCE, auth_time } });
    const rules = { audience: AUDIENCE, mcpAudiences: [] };
    const wish = { id: asked.id, act, reason: 'Payments are down.' };
    return { id: asked.id, ...(await opened.desk.decide({ principal: by, rules }, wish)) };
  }

  async function told(type: string): Promise<Record<string, unknown>> {
    for (;;) {
      const found = desk.received.map(({ body }) => JSON.parse(body));
      const letter = found.find((each) => each.type === type);
      if (letter !== undefined) return letter.data;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  it('tells at once that somebody broke the glass, with a link that names the namespace', async () => {
    const { ok, id } = await decide('olga', ['oncall'], 'break-glass');

    const alert = await told('gatehouse.alert.break_glass');

    expect(ok).to.equal(true);
    expect(alert.approval).to.include({ id, approver: 'olga', reason: 'Payments are down.' });
    expect(alert.url).to.equal(`https://console.example/approvals/${id}?namespace=payments`);
  });

  it('tells of attempts to decide about oneself, and of grants that nobody can have read', async () => {
    await decide('alice', ['finance'], 'approve');
    await decide('bob', ['finance'], 'approve');

    expect(await told('gatehouse.alert.self_approval_attempt')).to.have.nested.property(
      'approval.refusal',
      'requester',
    );
    expect(await told('gatehouse.approval.decided')).to.have.nested.property(
      'approval.state',
      'GRANTED',
    );
    // It was asked for at a gateway: the console saw nothing of that.
    expect(await told('gatehouse.alert.unexpected_approval')).to.include({
      why: 'approved before it could be read',
    });
    expect(await parts.metrics.text()).to.match(
      /gatehouse_alerts_total\{event="BreakGlass"[^}]*\} 1/,
    );
  });

  it('goes by the policy of that moment: a receiver that is gone from it is told nothing more', async () => {
    await opened.activate({ ...policy(), digest: 'b'.repeat(64) });
    const before = desk.received.length;

    await decide('oscar', ['oncall'], 'break-glass');
    await opened.close();

    expect(desk.received).to.have.length(before);
  });
});

async function partsOf(redis: TestRedis, folder: string): Promise<NamespaceParts> {
  const clock = createClock();
  const log = createLogger({ level: 'error', write: () => {}, now: () => clock.timestamp() });
  const key = (name: string) => join(folder, name);
  return {
    settings: {
      redis: { target: readRedisUrl(redis.url, '--redis'), namespace: NAME, waitReplicas: 0 },
      policyPaths: [],
      listen: { host: '127.0.0.1', port: 0 },
      admin: { host: '127.0.0.1', port: 0 },
      publicUrl: new URL('https://console.example'),
      trustKeyFile: key('trust.pub'),
      approvalKeyFile: key('approval.pub'),
      dataDir: folder,
      auditors: [],
      allowPlainHttp: true,
      allowPrivateReceivers: true,
      env: {},
      secretsDir: key('secrets'),
      version: 'test',
      flags: ALONE_FLAGS,
    },
    ...{ clock, log, opener: undefined },
    metrics: new Metrics('test'),
    trustKey: await loadTrustKey(key('trust.pub'), key('data')),
    approvalKey: await loadApprovalKey(key('approval.pub')),
    verifier: createTokenVerifier({ issuers: [], allowPlainHttp: true, now: () => Date.now() }),
    reader: await connectTo(redis.url),
  };
}
