// Shows that the cluster is one: what Gatehouse builds on works before anything of Gatehouse is there.

import { expect } from 'chai';
import { EVERYTHING_IMAGE, SHELL_IMAGE } from '#e2e/cluster/images.ts';
import { apply, kubectl, makeNamespace, removeNamespace, rolledOut } from './cluster.ts';
import { eventually } from './eventually.ts';

const LABELS = { app: 'everything' };

const DEPLOYMENT = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'everything' },
  spec: {
    replicas: 2,
    selector: { matchLabels: LABELS },
    template: {
      metadata: { labels: LABELS },
      spec: {
        initContainers: [
          {
            name: 'beside',
            image: SHELL_IMAGE,
            restartPolicy: 'Always',
            command: ['sh', '-c', 'trap exit TERM; while :; do sleep 1; done'],
          },
        ],
        containers: [
          {
            name: 'server',
            image: EVERYTHING_IMAGE,
            readinessProbe: { tcpSocket: { port: 3001 }, periodSeconds: 1 },
          },
        ],
      },
    },
  },
};

const SERVICE = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'everything' },
  spec: { selector: LABELS, ports: [{ port: 80, targetPort: 3001 }] },
};

describe('the cluster', () => {
  let namespace: string;

  before(async () => {
    namespace = await makeNamespace('node');
    await apply(namespace, DEPLOYMENT, SERVICE);
    await rolledOut(namespace, 'deployment/everything');
  });

  after(() => removeNamespace(namespace));

  it('runs native sidecars beside a server, in two replicas', async () => {
    const pods = await kubectl('-n', namespace, 'get', 'pods', '--no-headers');

    expect(pods.match(/ 2\/2 +Running /g)).to.have.length(2);
  });

  it('answers for the server by the name of its Service', async () => {
    // What this server says to one without a session. The node knows the Service a moment after its pods are ready.
    await eventually('an answer', async () => {
      const answer = await kubectl(
        ...['-n', namespace, 'exec', 'deployment/everything', '-c', 'beside', '--'],
        ...['sh', '-c', 'wget -S -O- http://everything/mcp 2>&1 || true'],
      );
      return answer.includes('400 Bad Request');
    });
  });
});
