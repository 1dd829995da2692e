// The quick start, step by step: a server in two replicas that knows nothing of Gatehouse is governed by
// one policy and one annotation, and each kind of call ends as the policy says.

import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import type { Browser } from 'playwright-core';
import { EVERYTHING_IMAGE } from '#e2e/cluster/images.ts';
import { openContext, startChromium } from '#e2e/console/chromium.ts';
import { signIn } from '#e2e/console/stage.ts';
import type { DemoClient } from '#e2e/demo/clients.ts';
import { until } from '#e2e/journeys/until.ts';
import { apply, kubectl, rolledOut } from './cluster.ts';
import { eventually } from './eventually.ts';
import { forward } from './forward.ts';
import { SYSTEM } from './installation.ts';
import { bringOperatorBack, takeOperatorAway } from './operator-down.ts';
import { podNames, podsWithSessions } from './server-pods.ts';
import { annotate, type ClusterStage, policy, RULES, SERVER, startClusterStage } from './stage.ts';
import { untilGoverned } from './until-governed.ts';
import { verifyEvidence } from './verifying.ts';

describe('a server in the cluster that is governed by one policy and one annotation', () => {
  let stage: ClusterStage;
  let client: DemoClient;

  before(async () => {
    stage = await startClusterStage('governed');
    await rolledOut(stage.namespace, `deployment/${SERVER}`);
    await apply(stage.namespace, policy(stage));
    await annotate(stage.namespace);
    await rolledOut(stage.namespace, `deployment/${SERVER}`);
    await untilGoverned(stage.url);
    client = await stage.connect();
  });

  after(async () => {
    await client?.close();
    await stage?.close();
  });

  it('has a sidecar in each of its pods', async () => {
    const path = 'jsonpath={range .items[*]}{.spec.initContainers[*].name} {end}';
    const names = await kubectl(
      '-n',
      stage.namespace,
      'get',
      'pods',
      '-l',
      `app=${SERVER}`,
      '-o',
      path,
    );

    expect(names.split(' ').filter((name) => name === 'gatehouse')).to.have.length(2);
  });

  it('answers a call that the policy allows, to an unmodified client through the Service', async () => {
    const answer = await client.call('echo', { message: 'hello' });

    expect(answer).to.include({ isError: false, text: 'Echo: hello' });
  });

  it('denies what a rule denies, and says so to the client', async () => {
    const answer = await client.call('echo', { message: 'delete all' });

    expect(answer.isError).to.equal(true);
    expect(answer.text).to.not.include('delete all');
  });

  it('hides what no rule allows', async () => {
    const tools = await client.tools();

    expect(tools).to.have.members(['echo', 'get-sum']);
  });

  it('refuses a client without a token', async () => {
    const { status, headers } = await fetch(stage.url, {
      method: 'POST',
      headers: {
        accept: 'application/json, text/event-stream',
        'content-type': 'application/json',
      },
      body: '{}',
    });

    expect(status).to.equal(401);
    expect(headers.get('www-authenticate')).to.include('resource_metadata');
  });

  it('masks what leaves', async () => {
    const answer = await client.call('echo', { message: 'write to carol@corp.example' });

    expect(answer.text).to.include('write to').and.not.include('carol@corp.example');
  });

  describe('and asks people', () => {
    let browser: Browser;

    before(async () => {
      browser = await startChromium();
    });

    after(() => browser?.close());

    it('for what needs an approval, which somebody else gives in the console', async () => {
      const port = stage.consolePort;
      const forwarded = await forward(SYSTEM, 'service/gatehouse-console', `${port}:8443`);
      const context = await openContext(browser);
      try {
        await until('a console that knows the policy', () => canSignIn(port), 180_000);
        const waiting = client.call('get-sum', { a: 40, b: 2 });
        const page = await signIn(context, `http://localhost:${port}`, 'carol');
        await page.locator('.card', { hasText: 'get-sum' }).getByRole('link').first().click();
        await page.getByLabel('Why').fill('Checked.');
        await page.getByRole('button', { name: 'Approve' }).click();
        await page.getByText('Your approval is recorded.').waitFor();

        const answer = await waiting;

        expect(answer.isError).to.equal(false);
        expect(answer.text).to.include('42');
      } finally {
        await context.close();
        await forwarded.stop();
      }
    });
  });

  it('is served by both replicas', async () => {
    const seen = new Set<string>();

    await eventually('a session in each of the two pods', async () => {
      const other = await stage.connect();
      expect((await other.call('echo', { message: 'hello' })).isError).to.equal(false);
      await other.close();
      for (const name of await podsWithSessions(stage.namespace)) seen.add(name);
      return seen.size === 2;
    });
  });

  it('is told of in spans, in a receiver outside', async () => {
    const { receiver } = stage;

    // Each pod sends its own, in its own time.
    await eventually('spans of calls', () => {
      const found = receiver.spans.map(({ name }) => name);
      return found.includes('tools/call echo') && found.includes('initialize');
    });

    expect(receiver.faults).to.deep.equal([]);
  });

  it('shows in the status of its policy', async () => {
    const show = ['-n', stage.namespace, 'get', 'mcpgatewaypolicies', '--no-headers'];
    // Pods of before are counted, as those that clients may reach past the gateway, until they have ended.
    const row = await eventually('a policy that is on for two pods', async () => {
      const rows = await kubectl(...show);
      return rows.includes(' 2/2 ') && rows;
    });

    expect(row).to.include('True');
  });

  it('has a changed policy in force within a second at the median, without a restart', async () => {
    const before = await podNames(stage.namespace);
    const millis: number[] = [];
    for (const word of ['first', 'second', 'third', 'fourth', 'fifth']) {
      const denied = { ...RULES[1], name: 'changed', when: [`args.message == "${word}"`] };
      await apply(stage.namespace, policy(stage, { rules: [...RULES, denied] }));
      const appliedAt = performance.now();
      const isDenied = async () => (await client.call('echo', { message: word })).isError;
      await until(`a denial of ${word}`, isDenied, 60_000);
      millis.push(Math.round(performance.now() - appliedAt));
    }
    const [, , median = 0] = millis.sort((a, b) => a - b);
    process.stdout.write(`        from apply to enforced: ${millis.join(', ')} ms\n`);

    expect(median).to.be.below(1000);
    expect(await podNames(stage.namespace)).to.deep.equal(before);
  });

  it('leaves evidence that verifies with the keys that the cluster publishes', async () => {
    const verdict = await eventually('evidence that is certified and checkpointed', async () => {
      const { code, stdout } = await verifyEvidence(stage.namespace);
      return code === 0 && stdout;
    });

    expect(verdict).to.match(/^verified/im);
  });

  it('is not reached by the address of a pod either', async () => {
    const path = 'jsonpath={.items[0].status.podIP}';
    // Those of before may still be ending.
    const governed = `app=${SERVER},gatehouse.dev/injected`;
    const address = await kubectl(
      ...['-n', stage.namespace, 'get', 'pods', '-l', governed, '-o', path],
    );
    const { status } = await callUnproven(`http://${address}:3001/mcp`);

    // Of Gatehouse, which knows neither the caller nor this name of the server.
    expect(status).to.be.oneOf([401, 403]);
  });

  it('overwrites a container that calls itself the sidecar', async () => {
    const decoy = { name: 'gatehouse', image: EVERYTHING_IMAGE, restartPolicy: 'Always' };
    const pod = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'decoy', labels: { app: SERVER, 'gatehouse.dev/inject': 'true' } },
      spec: {
        initContainers: [decoy],
        containers: [{ name: SERVER, image: EVERYTHING_IMAGE, ports: [{ containerPort: 3001 }] }],
      },
    };
    await apply(stage.namespace, pod);
    const path = 'jsonpath={.spec.initContainers[?(@.name=="gatehouse")].image}';
    const image = await kubectl('-n', stage.namespace, 'get', 'pod', 'decoy', '-o', path);
    await kubectl('-n', stage.namespace, 'delete', 'pod', 'decoy', '--wait=false');

    expect(image).to.include('gatehouse-sidecar');
  });

  it('goes on while the operator is down, when no governed pod can start without it', async () => {
    try {
      await takeOperatorAway();
      const answer = await client.call('echo', { message: 'hello' });
      const refusal = await apply(stage.namespace, {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: 'late', labels: { app: SERVER, 'gatehouse.dev/inject': 'true' } },
        spec: { containers: [{ name: SERVER, image: EVERYTHING_IMAGE }] },
      }).catch(String);

      expect(answer).to.include({ isError: false, text: 'Echo: hello' });
      expect(refusal).to.match(/failed calling webhook|gatehouse/);
      expect(refusal).to.match(/^Error/);
    } finally {
      await bringOperatorBack();
    }
  });
});

/** As a client that has no token. */
function callUnproven(url: string, more: Readonly<Record<string, string>> = {}): Promise<Response> {
  const accept = 'application/json, text/event-stream';
  return fetch(url, {
    method: 'POST',
    headers: { accept, 'content-type': 'application/json', ...more },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'ping' }),
  });
}

/** The kubelet brings the console what policies there are, in its own time. */
async function canSignIn(port: number): Promise<boolean> {
  const page = await (await fetch(`http://localhost:${port}`)).text();
  await delay(500);
  return !page.includes('Nobody can sign in yet');
}
