import { expect } from 'chai';
import fc from 'fast-check';
import { applyPatch } from 'rfc6902';
import { inject } from './inject.ts';
import { placement, SETTINGS } from './injection.testkit.ts';
import { diff } from './json-patch.ts';
import type { Pod } from './pod.ts';
import type { Placement } from './settings.ts';

const name = fc.constantFrom('server', 'a', 'b', 'gatehouse', 'gatehouse-redirect');
const portNumber = fc.constantFrom(3000, 13_000, 80, 5021, 9090, 15_020, 15_021);
const anyPort = fc.oneof(portNumber, fc.constantFrom('http', 'web'));
const port = fc.record(
  {
    containerPort: portNumber,
    name: fc.constantFrom('http', 'web', 'gatehouse-mcp'),
    protocol: fc.constantFrom('TCP', 'UDP'),
  },
  { requiredKeys: ['containerPort'] },
);
const path = fc.constantFrom('/', '/app-health/server/livez', '/app-health/a/readyz', '/$(X)');
const handler = fc.oneof(
  fc.record({ httpGet: fc.record({ port: anyPort, path }) }),
  fc.record({ tcpSocket: fc.record({ port: anyPort }) }),
  fc.record({ grpc: fc.record({ port: portNumber }) }),
  fc.record({ exec: fc.record({ command: fc.constant(['true']) }) }),
);
const env = fc.record({
  name: fc.constantFrom('PORT', 'HOST', 'GATEHOUSE_APP_PROBES'),
  value: fc.constantFrom(
    '3000',
    '{"/app-health/server/livez":{"tcpSocket":{"port":1},"timeoutSeconds":1}}',
    '{"/app-health/a/readyz":{"tcpSocket":{"port":15021},"timeoutSeconds":1}}',
    '[1]',
  ),
});
const container = fc.record(
  {
    name,
    image: fc.constant('x:1'),
    ports: fc.array(port, { maxLength: 3 }),
    env: fc.array(env, { maxLength: 3 }),
    args: fc.array(fc.constantFrom('--port', '--port=1', '--host', 'x'), { maxLength: 4 }),
    restartPolicy: fc.constantFrom('Always'),
    livenessProbe: handler,
    readinessProbe: handler,
    lifecycle: fc.record({ preStop: handler }),
  },
  { requiredKeys: ['name'] },
);
const byName = { selector: (one: { name: string }) => one.name, maxLength: 4 };
const volumes = fc.uniqueArray(
  fc.record({
    name: fc.constantFrom('x', 'gatehouse-policy', 'gatehouse-data'),
    emptyDir: fc.constant({}),
  }),
  byName,
);
const drafts = fc.record({
  metadata: fc.record(
    {
      labels: fc.constantFrom({}, { app: 'payments' }),
      annotations: fc.constantFrom({}, { 'gatehouse.dev/port': '9090' }),
    },
    { requiredKeys: [] },
  ),
  spec: fc.record(
    {
      containers: fc.uniqueArray(container, { ...byName, minLength: 1 }),
      initContainers: fc.uniqueArray(container, byName),
      volumes,
    },
    { requiredKeys: ['containers'] },
  ),
});
/** As it comes over the wire; names are unique in a pod. */
const pods = drafts
  .map((draft) => JSON.parse(JSON.stringify(draft)) as Pod)
  .filter(({ spec: { containers, initContainers = [] } }) => {
    const names = [...containers, ...initContainers].map((one) => one.name);
    return new Set(names).size === names.length;
  });

const captures = fc.constantFrom(
  {},
  { mode: 'Auto', portEnv: 'PORT', hostEnv: 'HOST' },
  { mode: 'Auto', portArg: '--port', hostArg: '--host' },
  { mode: 'NamedPort' },
) as fc.Arbitrary<NonNullable<Placement['server']['capture']>>;
const placements = fc
  .record({ capture: captures, restricted: fc.boolean(), port: fc.option(portNumber) })
  .map(({ capture, restricted, port: said }) =>
    placement({
      server: { ...(said === null ? {} : { port: said }), capture },
      namespaceLabels: restricted ? { 'pod-security.kubernetes.io/enforce': 'restricted' } : {},
    }),
  );

describe('injection of any pod', () => {
  it('is a fixed point: injected again, nothing changes', () => {
    fc.assert(
      fc.property(pods, placements, (pod, where) => {
        const once = inject(pod, where, SETTINGS);
        fc.pre(once.ok);
        const twice = inject(once.pod, where, SETTINGS);

        expect(twice.ok ? twice.pod : twice.why).to.deep.equal(once.pod);
      }),
      { numRuns: 600 },
    );
  });

  it('is what its patch makes of the pod, and changes no input', () => {
    fc.assert(
      fc.property(pods, placements, (pod, where) => {
        const before = structuredClone(pod);
        const result = inject(pod, where, SETTINGS);
        expect(pod).to.deep.equal(before);
        fc.pre(result.ok);
        const patched = structuredClone(pod);

        const errors = applyPatch(patched, structuredClone(diff(pod, result.pod)));

        expect(errors.every((error) => error === null)).to.equal(true);
        expect(patched).to.deep.equal(result.pod);
      }),
      { numRuns: 300 },
    );
  });

  it('puts the real sidecar first and leaves no other container of its name', () => {
    fc.assert(
      fc.property(pods, placements, (pod, where) => {
        const result = inject(pod, where, SETTINGS);
        fc.pre(result.ok);
        const { containers, initContainers = [] } = result.pod.spec;
        const ours = [...initContainers, ...containers].filter((one) => one.name === 'gatehouse');

        expect(initContainers[0]?.image).to.equal(SETTINGS.sidecarImage);
        expect(ours).to.deep.equal([initContainers[0]]);
      }),
      { numRuns: 300 },
    );
  });
});
