import { expect } from 'chai';
import { namespacesHandler } from './namespaces.ts';
import { optingHandler } from './opting.ts';
import { policiesHandler } from './policies.ts';
import type { Handler, Verdict } from './review.ts';
import { evidence, POLICY, requestOf } from './webhooks.testkit.ts';

function whyOf(verdict: Verdict): string {
  return verdict.allowed ? 'allowed' : verdict.why;
}

describe('the webhook of policies', () => {
  const admit = (log: ReturnType<typeof evidence>, fields: object, append = log.append) =>
    policiesHandler(append)(
      requestOf({ kind: 'McpGatewayPolicy', name: 'payments', object: POLICY, ...fields }),
    );

  it('records who put which policy there, with both digests', async () => {
    const log = evidence();
    await admit(log, {});
    const object = { ...POLICY, spec: { ...POLICY.spec, mode: 'Observe' } };
    await admit(log, { operation: 'UPDATE', object, oldObject: POLICY });
    await admit(log, { operation: 'DELETE', object: undefined, oldObject: object });
    const [made, changed, gone] = log.entries.map(({ detail }) => detail);

    expect(made).to.include({ user: 'jane', request: 'u-1', operation: 'CREATE', from: '' });
    expect(changed).to.include({ from: made!.to!, operation: 'UPDATE' });
    expect(gone).to.include({ from: changed!.to!, to: '', operation: 'DELETE' });
  });

  it('records neither a dry run nor a change of labels or status', async () => {
    const log = evidence();
    await admit(log, { isDryRun: true });
    await admit(log, { operation: 'UPDATE', oldObject: { ...POLICY, status: {} } });

    expect(log.entries).to.deep.equal([]);
  });

  it('refuses what it cannot record', async () => {
    const log = evidence();

    expect(whyOf(await admit(log, {}, log.fails))).to.include('cannot record');
  });

  it('takes what only a cluster carries out, and refuses what is for a machine', async () => {
    const log = evidence();
    const valueFrom = (from: object) => ({
      identity: {
        ...POLICY.spec.identity,
        upstream: { mode: 'Static', static: { valueFrom: from } },
      },
    });
    const admitSpec = (more: object) =>
      admit(log, { object: { ...POLICY, spec: { ...POLICY.spec, ...more } } });

    const taken = await Promise.all([
      admitSpec({
        server: { port: 3000, tls: { secretName: 'a' }, capture: { mode: 'Redirect' } },
      }),
      admitSpec(valueFrom({ secretRef: { name: 'a', key: 'b' } })),
    ]);
    const refused = await admitSpec(valueFrom({ file: '/etc/gatehouse/runtime/redis-url' }));

    expect(taken.map(whyOf)).to.deep.equal(['allowed', 'allowed']);
    expect(whyOf(refused)).to.include('in a cluster use secretRef');
  });

  const broken: [what: string, spec: object, says: string][] = [
    ['a field that is wrong', { rules: [{ name: 'a', effect: 'Maybe' }] }, 'spec.rules[0].effect'],
    [
      'an expression that does not compile',
      {
        ...POLICY.spec,
        rules: [{ name: 'a', effect: 'Allow', match: { tools: ['*'] }, when: ['args.'] }],
      },
      'when',
    ],
  ];
  for (const [what, spec, says] of broken) {
    it(`refuses ${what}, in a dry run too`, async () => {
      const log = evidence();
      const verdict = await admit(log, { object: { ...POLICY, spec }, isDryRun: true });

      expect(whyOf(verdict)).to.include(says);
      expect(log.entries).to.deep.equal([]);
    });
  }

  it('takes a baseline without issuers, and refuses one with a broken rule', async () => {
    const log = evidence();
    const baseline = (rules: object[]) => ({
      ...{ apiVersion: POLICY.apiVersion, kind: 'McpGatewayClusterPolicy' },
      metadata: { name: 'base' },
      spec: { rules },
    });
    const kind = 'McpGatewayClusterPolicy';
    const rule = { name: 'a', effect: 'Deny', match: { tools: ['x_*'] } };

    expect((await admit(log, { kind, object: baseline([rule]) })).allowed).to.equal(true);
    expect(
      whyOf(await admit(log, { kind, object: baseline([{ ...rule, when: ['('] }]) })),
    ).to.include('when');
  });

  it('is for policies alone', async () => {
    expect(whyOf(await admit(evidence(), { kind: 'Secret' }))).to.include('no policy');
  });
});

describe('the webhook of namespaces', () => {
  const of = (value?: string) => ({
    metadata: { labels: value === undefined ? {} : { 'gatehouse.dev/injection': value } },
  });
  const admit = (handler: Handler, from: string | undefined, to: string | undefined) =>
    handler(requestOf({ kind: 'Namespace', name: 'shop', object: of(to), oldObject: of(from) }));

  it('records each change of the label, and no other change', async () => {
    const log = evidence();
    await admit(namespacesHandler(log.append), 'required', undefined);
    await admit(namespacesHandler(log.append), 'enabled', 'enabled');

    expect(log.entries.map(({ detail }) => `${detail.from}>${detail.to}`)).to.deep.equal([
      'required>',
    ]);
  });

  it('refuses a value that means nothing, and what it cannot record', async () => {
    const log = evidence();

    expect(whyOf(await admit(namespacesHandler(log.append), undefined, 'on'))).to.include(
      'must be one of',
    );
    expect(whyOf(await admit(namespacesHandler(log.fails), undefined, 'enabled'))).to.include(
      'cannot record',
    );
  });
});

describe('the webhook of opting in and out', () => {
  const of = (value?: string) => ({
    metadata: { name: 'payments', annotations: { 'gatehouse.dev/inject': 'true' } },
    spec: {
      template: {
        metadata: value === undefined ? {} : { labels: { 'gatehouse.dev/inject': value } },
      },
    },
  });
  const admit = (handler: Handler, from: object | undefined, to: object, fields = {}) =>
    handler(
      requestOf({ kind: 'Deployment', name: 'payments', object: to, oldObject: from, ...fields }),
    );

  it('records each change of the label that pods are made with, and no other change', async () => {
    const log = evidence();
    const handler = optingHandler(log.append);
    await admit(handler, undefined, of());
    await admit(handler, undefined, of('true'));
    await admit(handler, of('true'), of('true'));
    await admit(handler, of('true'), of('false'));
    await admit(handler, of('false'), of(), { isDryRun: true });

    expect(
      log.entries.map(({ detail }) => `${detail.user} ${detail.from}>${detail.to}`),
    ).to.deep.equal(['jane >true', 'jane true>false']);
  });

  it('refuses what it cannot record', async () => {
    const verdict = await admit(optingHandler(evidence().fails), of('true'), of());

    expect(whyOf(verdict)).to.include('cannot record');
  });
});
