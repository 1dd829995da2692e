import { expect } from 'chai';
import { applyPatch } from 'rfc6902';
import { SETTINGS } from '../injection/injection.testkit.ts';
import { compareInjected } from '../injection/status.ts';
import { podsHandler } from './pods.ts';
import type { Verdict } from './review.ts';
import { POLICY, requestOf, worldOf } from './webhooks.testkit.ts';
import { workloadsHandler } from './workloads.ts';

const SPEC = {
  containers: [{ name: 'server', image: 'server:1', ports: [{ containerPort: 3000 }] }],
};
const signStatus = async (text: string) => `signed:${text}`;

function pod(labels: Record<string, string> = {}) {
  return {
    metadata: { generateName: 'payments-', labels: { app: 'payments', ...labels } },
    spec: SPEC,
  };
}

function whyOf(verdict: Verdict): string {
  return verdict.allowed ? 'allowed' : verdict.why;
}

function patched<One extends object>(object: One, verdict: Verdict): One {
  if (!verdict.allowed) throw new Error(verdict.why);
  const copy = structuredClone(object);
  const errors = applyPatch(copy, structuredClone([...(verdict.patch ?? [])]) as never);
  expect(errors.every((one) => one === null)).to.equal(true);
  return copy;
}

describe('the webhook of pods', () => {
  const admit = (object: object, fields = {}) =>
    podsHandler({ world: worldOf(fields), settings: SETTINGS, signStatus })(requestOf({ object }));
  const isInjected = (verdict: Verdict) => verdict.allowed && (verdict.patch ?? []).length > 0;

  const truth: [wide: string | undefined, own: string | undefined, becomes: string][] = [
    [undefined, undefined, 'left alone'],
    [undefined, 'true', 'injected'],
    [undefined, 'false', 'left alone'],
    [undefined, 'yes', 'must be "true" or "false"'],
    ['enabled', undefined, 'injected'],
    ['enabled', 'false', 'left alone'],
    ['required', undefined, 'injected'],
    ['required', 'true', 'injected'],
    ['required', 'false', 'remove the label'],
    ['disabled', undefined, 'left alone'],
    ['disabled', 'true', 'remove one of the two labels'],
    ['on', 'true', 'must be one of required, enabled, disabled'],
  ];
  for (const [wide, own, becomes] of truth) {
    it(`in a namespace ${wide ?? 'without label'}, a pod labelled ${own ?? 'nothing'} is ${becomes}`, async () => {
      const labels = wide === undefined ? {} : { 'gatehouse.dev/injection': wide };
      const verdict = await admit(pod(own === undefined ? {} : { 'gatehouse.dev/inject': own }), {
        namespaceLabels: () => labels,
      });

      const is = verdict.allowed ? (isInjected(verdict) ? 'injected' : 'left alone') : verdict.why;
      expect(is).to.include(becomes);
    });
  }

  it('mounts the keys of Secrets that policies and baselines name, and no others', async () => {
    const slack = (key: string) => ({
      notifications: [
        { name: 'room', type: 'Slack', slack: { urlFrom: { secretRef: { name: 'room', key } } } },
      ],
    });
    const object = pod({ 'gatehouse.dev/inject': 'true' });
    const verdict = await admit(object, {
      policiesOf: () => [{ ...POLICY, spec: { ...POLICY.spec, ...slack('url') } }],
      baselines: () => [
        { kind: 'McpGatewayClusterPolicy', metadata: { name: 'all' }, spec: slack('audit') },
      ],
    });
    const { spec } = patched<{ spec: { volumes: { name: string; projected?: object }[] } }>(
      object as never,
      verdict,
    );

    expect(spec.volumes.find(({ name }) => name === 'gatehouse-secrets')?.projected).to.deep.equal({
      defaultMode: 420,
      sources: [
        {
          secret: {
            name: 'room',
            items: [
              { key: 'audit', path: 'room/audit' },
              { key: 'url', path: 'room/url' },
            ],
            optional: true,
          },
        },
      ],
    });
  });

  it('signs what it injected, and that holds for the pod as patched', async () => {
    const object = pod({ 'gatehouse.dev/inject': 'true' });
    const result = patched<{ metadata: object; spec: object }>(object, await admit(object));
    const { annotations, labels } = result.metadata as Record<string, Record<string, string>>;
    const status = JSON.parse(annotations!['gatehouse.dev/status']!.replace('signed:', ''));

    expect(compareInjected(result as never, status)).to.equal(undefined);
    expect(status).to.deep.include({ revision: '0.1.0', capture: 'Redirect' });
    expect(labels!['gatehouse.dev/workload']).to.match(/^pod-payments-[0-9a-f]{10}$/);
  });

  it('refuses a pod that no policy selects, and says what is missing', async () => {
    const verdict = await admit(pod({ 'gatehouse.dev/inject': 'true', app: 'other' }));

    expect(whyOf(verdict)).to.include('no valid McpGatewayPolicy in namespace shop selects Pod');
  });

  it('takes a baseline with rules for a policy', async () => {
    const baseline = {
      ...POLICY,
      kind: 'McpGatewayClusterPolicy',
      spec: { rules: POLICY.spec.rules! },
    };
    const object = pod({ 'gatehouse.dev/inject': 'true' });
    const verdict = await admit(object, { policiesOf: () => [], baselines: () => [baseline] });

    expect(isInjected(verdict)).to.equal(true);
  });

  it('refuses where two policies say different ports', async () => {
    const other = {
      ...POLICY,
      metadata: { name: 'other' },
      spec: { ...POLICY.spec, server: { port: 1 } },
    };
    const verdict = await admit(pod({ 'gatehouse.dev/inject': 'true' }), {
      policiesOf: () => [POLICY, other],
    });

    expect(whyOf(verdict)).to.include(
      'payments and other say different things in spec.server.port',
    );
  });

  it('refuses while the namespace is not known', async () => {
    expect(whyOf(await admit(pod(), { namespaceLabels: () => undefined }))).to.include('try again');
  });

  it('refuses what is no pod', async () => {
    expect(whyOf(await admit({ spec: {} }))).to.include('not the creation of a pod');
  });
});

describe('the webhook of workloads', () => {
  const deployment = (annotations?: object, labels: object = {}) => ({
    metadata: { name: 'payments', ...(annotations && { annotations }) },
    spec: { template: { metadata: { labels: { app: 'payments', ...labels } }, spec: SPEC } },
  });
  const ON = { 'gatehouse.dev/inject': 'true' };
  const labelled = deployment(ON, ON);
  const admit = (object: object, oldObject?: object, fields = {}) =>
    workloadsHandler(worldOf())(
      requestOf({
        ...{ kind: 'Deployment', name: 'payments', object, oldObject },
        operation: oldObject === undefined ? 'CREATE' : 'UPDATE',
        ...fields,
      }),
    );

  it('copies the annotation to the label of the pods, and the ones that tune', async () => {
    const object = deployment({ ...ON, 'gatehouse.dev/port': '8080', other: 'x' });
    const { template } = patched(object, await admit(object, deployment())).spec;

    expect(template.metadata.labels).to.deep.equal({ app: 'payments', ...ON });
    expect(template.metadata).to.deep.include({ annotations: { 'gatehouse.dev/port': '8080' } });
  });

  it('copies the ones that tune where the namespace opted in, and takes them away again', async () => {
    const object = deployment({ 'gatehouse.dev/port': '8080' });
    const tuned = patched(object, await admit(object, deployment()));
    const bare = { ...deployment(), spec: tuned.spec };
    const { template } = patched(bare, await admit(bare, tuned)).spec;

    expect(tuned.spec.template.metadata).to.deep.equal({
      labels: { app: 'payments' },
      annotations: { 'gatehouse.dev/port': '8080' },
    });
    expect(template.metadata).to.deep.equal({ labels: { app: 'payments' }, annotations: {} });
  });

  it('takes the label away with the annotation', async () => {
    const object = deployment(undefined, ON);

    expect(
      patched(object, await admit(object, labelled)).spec.template.metadata.labels,
    ).to.deep.equal({
      app: 'payments',
    });
  });

  it('puts a label back that was removed beneath its annotation', async () => {
    const object = deployment(ON);

    expect(
      patched(object, await admit(object, labelled)).spec.template.metadata.labels,
    ).to.deep.include(ON);
  });

  it('changes nothing that is as it should be', async () => {
    const verdict = await admit(labelled, labelled);

    expect(verdict.allowed && verdict.patch).to.deep.equal([]);
  });

  it('reaches the template of a CronJob, which may have no metadata', async () => {
    const object = {
      metadata: { name: 'nightly', annotations: ON },
      spec: { jobTemplate: { spec: { template: { spec: SPEC } } } },
    };
    const everyone = { ...POLICY, spec: { server: { port: 3000 } } };
    const verdict = await workloadsHandler(worldOf({ policiesOf: () => [everyone] }))(
      requestOf({ kind: 'CronJob', name: 'nightly', object }),
    );

    expect(patched(object, verdict).spec.jobTemplate.spec.template).to.deep.include({
      metadata: { labels: ON },
    });
  });

  it('refuses to change a Job that is there, and says what to do', async () => {
    const verdict = await admit(deployment(ON), deployment(), { kind: 'Job' });

    expect(whyOf(verdict)).to.include('recreate it');
  });

  it('leaves a Job alone that was made with it', async () => {
    const verdict = await admit(labelled, labelled, { kind: 'Job' });

    expect(verdict).to.deep.equal({ allowed: true, warnings: [] });
  });

  it('refuses a value that is neither true nor false, and a tuning that is wrong', async () => {
    const yes = await admit(deployment({ 'gatehouse.dev/inject': 'yes' }));
    const port = await admit(deployment({ ...ON, 'gatehouse.dev/port': 'x' }));

    expect(whyOf(yes)).to.include('gatehouse.dev/inject must be');
    expect(whyOf(port)).to.include('gatehouse.dev/port must be');
  });

  it('says at once that no policy selects the pods', async () => {
    const object = { ...deployment(ON), spec: { template: { metadata: {}, spec: SPEC } } };

    expect(whyOf(await admit(object))).to.include('selects Deployment payments');
  });

  it('warns of a key that nobody knows', async () => {
    const verdict = await admit(deployment({ ...ON, 'gatehouse.dev/pot': '1' }));

    expect(verdict.allowed && verdict.warnings?.join()).to.include(
      'did you mean gatehouse.dev/port?',
    );
  });
});
