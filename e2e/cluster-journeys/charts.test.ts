// What Helm makes of the charts, without a cluster: what it refuses, and that it makes the same each time.

import { execFileSync } from 'node:child_process';
import { expect } from 'chai';
import { parseAllDocuments } from 'yaml';
import { helmProgram } from '#e2e/cluster/programs.ts';
import { DEFAULTS } from '#operator/injection/tuning.ts';

interface Rendered {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly annotations?: Record<string, string> };
  readonly imagePullSecrets?: readonly object[];
  readonly spec?: {
    readonly strategy?: object;
    readonly template?: { readonly metadata: object; readonly spec: PodSpec };
    readonly ingress?: readonly object[];
  };
}

interface PodSpec {
  readonly securityContext: { readonly runAsNonRoot: boolean };
  readonly automountServiceAccountToken?: boolean;
  readonly serviceAccountName?: string;
  readonly nodeSelector?: object;
  readonly imagePullSecrets?: readonly object[];
  readonly dnsPolicy?: string;
  readonly containers: readonly {
    readonly image: string;
    readonly env?: readonly object[];
    readonly ports?: readonly object[];
    readonly securityContext: {
      readonly readOnlyRootFilesystem: boolean;
      readonly allowPrivilegeEscalation: boolean;
      readonly capabilities: { readonly drop: readonly string[] };
    };
  }[];
}

const program = await helmProgram();

function helm(...args: readonly string[]): string {
  return execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

function render(chart: string, ...sets: readonly string[]): readonly Rendered[] {
  const flags = sets.flatMap((set) => ['--set', set]);
  const text = helm('template', 'gatehouse', `charts/${chart}`, '-n', 'gatehouse-system', ...flags);
  return parseAllDocuments(text)
    .map((document) => document.toJS())
    .filter((each) => each !== null);
}

/** Those of the chart, and those that it starts once. */
function podsOf(rendered: readonly Rendered[]) {
  return rendered.flatMap(({ kind, metadata: { name }, spec }) => {
    const pod = kind === 'Pod' ? (spec as unknown as PodSpec) : spec?.template?.spec;
    return pod === undefined ? [] : [{ name, spec: pod }];
  });
}

/** As Helm writes JSON. */
function sorted({ limits, requests }: typeof DEFAULTS.resources) {
  return { limits, requests };
}

function operatorWith(...sets: readonly string[]) {
  const { spec } =
    render('gatehouse', ...sets).find(
      ({ kind, metadata }) => kind === 'Deployment' && metadata.name === 'gatehouse-operator',
    ) ?? {};
  return spec?.template === undefined ? undefined : { ...spec, template: spec.template };
}

describe('the charts', () => {
  it('are sound to Helm, which warns of nothing', () => {
    const said = helm('lint', 'charts/gatehouse', 'charts/gatehouse-crds');

    expect(said).to.include('2 chart(s) linted, 0 chart(s) failed');
    expect(said).to.not.include('[WARNING]');
  });

  it('make the same each time, so that a GitOps tool sees no drift', () => {
    expect(render('gatehouse')).to.deep.equal(render('gatehouse'));
  });

  it('never take away the definitions, and with them what people wrote', () => {
    const crds = render('gatehouse-crds');

    expect(crds.map(({ kind }) => kind)).to.deep.equal(crds.map(() => 'CustomResourceDefinition'));
    expect(crds).to.have.length(2);
    for (const { metadata } of crds) {
      expect(metadata.annotations?.['helm.sh/resource-policy']).to.equal('keep');
    }
  });

  it('run everything without rights on the node', () => {
    const pods = render('gatehouse').flatMap(({ spec }) => spec?.template?.spec ?? []);

    expect(pods.length).to.be.at.least(3);
    for (const { securityContext, containers } of pods) {
      expect(securityContext.runAsNonRoot).to.equal(true);
      for (const { securityContext: own } of containers) {
        expect(own).to.include({ readOnlyRootFilesystem: true, allowPrivilegeEscalation: false });
        expect(own.capabilities.drop).to.deep.equal(['ALL']);
      }
    }
  });

  it('run where they are told to, and pull with the secrets that are named, all that they start', () => {
    const [node, pull] = [{ disk: 'ssd' }, [{ name: 'registry' }]];
    const rendered = render(
      'gatehouse',
      'image.pullSecrets={registry}',
      ...['operator', 'console', 'redis.bundled'].map((who) => `${who}.nodeSelector.disk=ssd`),
    );
    const accounts = rendered.filter(({ imagePullSecrets }) => imagePullSecrets !== undefined);
    const pods = podsOf(rendered);

    expect(pods.map(({ name }) => name)).to.have.members([
      ...['gatehouse-operator', 'gatehouse-console', 'gatehouse-redis'],
      ...['gatehouse-uninstall', 'gatehouse-test'],
    ]);
    for (const { name, spec } of pods) {
      const account = accounts.find(({ metadata }) => metadata.name === spec.serviceAccountName);
      expect(spec.nodeSelector, name).to.deep.equal(node);
      expect(spec.imagePullSecrets ?? account?.imagePullSecrets, name).to.deep.equal(pull);
    }
  });

  it('on the network of nodes find Services, and roll where two have no room on one', () => {
    const operator = operatorWith('operator.hostNetwork=true', 'operator.webhookPort=10350');
    const [container] = operator?.template.spec.containers ?? [];

    expect(operator?.template.spec).to.include({ dnsPolicy: 'ClusterFirstWithHostNet' });
    expect(operator?.strategy).to.deep.equal({ rollingUpdate: { maxUnavailable: 1, maxSurge: 0 } });
    expect(container?.ports).to.deep.include({ name: 'webhook', containerPort: 10_350 });
    expect(container?.env).to.deep.include({ name: 'GATEHOUSE_WEBHOOK_PORT', value: '10350' });
  });

  it('let go of an archive that one pod alone may mount before the next one needs it', () => {
    const alone = operatorWith('archive.existingClaim=archive', 'operator.replicas=1');
    const shared = operatorWith('archive.existingClaim=archive');

    expect(alone?.strategy).to.deep.equal({ type: 'Recreate' });
    expect(shared?.strategy).to.deep.equal({ rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } });
  });

  it('give sidecars what the operator would give them by itself', () => {
    const [container] = operatorWith()?.template.spec.containers ?? [];
    const { resources, drainSeconds } = DEFAULTS;

    expect(container?.env).to.deep.include.members([
      { name: 'GATEHOUSE_SIDECAR_RESOURCES', value: JSON.stringify(sorted(resources)) },
      { name: 'GATEHOUSE_DRAIN_SECONDS', value: String(drainSeconds) },
    ]);
  });

  it('restart the operator for another recording key', () => {
    const keys = ['a', 'b'].map((key) => `-----BEGIN PUBLIC KEY-----${key}`);
    const [first, second] = keys.map((key) => operatorWith(`evidence.recordingPublicKey=${key}`));

    expect(first?.template.metadata).to.not.deep.equal(second?.template.metadata);
  });

  it('bring no Redis where one is named, and no console where none is wanted', () => {
    const names = render('gatehouse', 'redis.existingSecret=redis', 'console.enabled=false').map(
      ({ metadata }) => metadata.name,
    );

    expect(names).to.not.include('gatehouse-redis');
    expect(names).to.not.include('gatehouse-console');
  });

  it('give the console the copies of receivers’ secrets that are named, and no others', () => {
    const first = 'console.receiverSecrets[0]';
    const copy = ['namespace=payments', 'name=room', 'key=url'];
    const from = ['from.name=payments-room', 'from.key=url'];
    const sets = [...copy, ...from].map((each) => `${first}.${each}`);
    const console = render('gatehouse', ...sets).find(
      ({ kind, metadata }) => kind === 'Deployment' && metadata.name === 'gatehouse-console',
    );
    const volumes: readonly { name: string; projected?: object }[] =
      Object(console?.spec?.template?.spec).volumes ?? [];

    expect(volumes.find(({ name }) => name === 'receivers')?.projected).to.deep.equal({
      sources: [
        {
          secret: {
            name: 'payments-room',
            items: [{ key: 'url', path: 'payments/room/url' }],
            optional: true,
          },
        },
      ],
    });
  });

  it('take digests over tags', () => {
    const digest = `sha256:${'a'.repeat(64)}`;
    const images = render(
      'gatehouse',
      'image.registry=images.example/team',
      `image.digests.operator=${digest}`,
    ).flatMap(({ spec }) => spec?.template?.spec.containers.map(({ image }) => image) ?? []);

    expect(images).to.include(`images.example/team/gatehouse-operator@${digest}`);
    expect(images).to.include('images.example/team/gatehouse-console:0.1.0');
  });

  for (const [set, says] of [
    ['oprator.replicas=3', /additional properties 'oprator' not allowed/],
    ['operator.replicas=0', /operator\/replicas/],
    ['operator.hostNetwork=true', /operator\.webhookPort: with operator\.hostNetwork/],
    ['operator.webhookTimeoutSeconds=5', /webhookTimeoutSeconds/],
    ['sidecar.resources.limits.storage=1Gi', /sidecar\/resources\/limits/],
    ['commonLabels.app\\.kubernetes\\.io/name=other', /commonLabels/],
    ['image.digests.sidecar=latest', /image\/digests\/sidecar/],
    ['console.receiverSecrets[0].namespace=a', /receiverSecrets/],
    ['console.publicUrl=http://desk.example', /console\.publicUrl: must be https/],
    ['console.ingress.enabled=true', /console\.ingress\.host: must be given/],
  ] as const) {
    it(`refuse ${set}, and say why`, () => {
      expect(() => render('gatehouse', set)).to.throw(says);
    });
  }
});
