// Governed pods that end: one that is asked to while a stream is open and a call is under way, and those of a Job.

import { expect } from 'chai';
import { MODERN_IMAGE } from '#e2e/cluster/images.ts';
import { openEvents } from '#e2e/journeys/event-stream.ts';
import { callTool, modern, send } from '#e2e/journeys/wire.ts';
import { apply, kubectl } from './cluster.ts';
import { eventually } from './eventually.ts';
import { ALL_TOOLS, type Governed, server, startGoverned } from './governed.ts';
import { LABELS, SERVER } from './stage.ts';
import { expectWhole } from './verifying.ts';

const READ = { name: 'read', effect: 'Allow', match: { resources: ['test://*'] } };
/** Longer than the pod goes on taking calls after it was asked to end. */
const SLOW_MS = 8_000;
/** Longer than the kubelet of a busy node takes to say that the sidecar runs, without which its log is not certified. */
const JOB_MS = 8_000;

describe('a governed pod that ends', () => {
  let governed: Governed;

  before(async () => {
    governed = await startGoverned('leaving', {
      replicas: 1,
      pod: { terminationGracePeriodSeconds: 45, containers: [patient()] },
      spec: { rules: [...ALL_TOOLS, READ] },
    });
  });

  after(() => governed?.close());

  it('ends an open stream in good order, and lets a slow call finish', async () => {
    const { namespace, url } = governed;
    const token = await governed.token();
    const notifications = { resourceSubscriptions: ['test://watched-resource'] };
    const follow = { method: 'subscriptions/listen', params: { notifications } };
    const stream = await openEvents(url, modern(token, follow));
    await stream.message('its acknowledgement', ({ method }) => method !== undefined);
    const slow = send(url, modern(token, callTool('slow', { ms: SLOW_MS })));
    const gone = ['-n', namespace, 'wait', '--for=delete', 'pod', '-l', `app=${SERVER}`];

    await kubectl('-n', namespace, 'scale', `deployment/${SERVER}`, '--replicas=0');
    const startedAt = performance.now();
    await eventually('the end of the stream', () => stream.isOver);
    const answer = await slow;
    await kubectl(...gone, '--timeout=90s');
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
    process.stdout.write(`        gone ${seconds} s after it was asked to end\n`);
    const records = await expectWhole(namespace);

    expect(answer.text).to.include(`Waited ${SLOW_MS} ms.`);
    const ends = records.filter(({ outcome }) => outcome?.reason === 'the gateway is stopping');
    expect(ends).to.have.length(1);
    expect(records.filter(({ type }) => type === 'lane.close')).to.have.length(1);
  });

  it('is done when the Job is', async () => {
    const { namespace } = governed;
    const serve = `require("node:http").createServer().listen(3001, () => setTimeout(process.exit, ${JOB_MS}, 0))`;
    const command = ['node', '-e', serve];
    const container = server(MODERN_IMAGE, { command, readinessProbe: undefined });
    const labels = { ...LABELS, 'gatehouse.dev/inject': 'true' };
    await apply(namespace, {
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: { name: 'once' },
      spec: {
        backoffLimit: 0,
        template: {
          metadata: { labels },
          spec: { restartPolicy: 'Never', containers: [container] },
        },
      },
    });

    await kubectl('-n', namespace, 'wait', '--for=condition=complete', 'job/once', '--timeout=90s');
    const path = 'jsonpath={.items[0].spec.initContainers[*].name}';
    const names = await kubectl('-n', namespace, 'get', 'pods', '-l', 'job-name=once', '-o', path);
    const records = await expectWhole(namespace);

    expect(names).to.include('gatehouse');
    expect(records.filter(({ type }) => type === 'lane.close')).to.have.length(2);
  });
});

/** Gets the signal to end at the same moment as the sidecar; goes on with what it has begun. */
function patient() {
  return server(MODERN_IMAGE, {
    lifecycle: { preStop: { sleep: { seconds: Math.ceil(SLOW_MS / 1000) + 4 } } },
  });
}
