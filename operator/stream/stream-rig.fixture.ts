// Everything that sidecars reach, on an operator for tests, with two pods: one injected, one bare.

import { setTimeout as delay } from 'node:timers/promises';
import { Agent, request } from 'undici';
import { OPERATOR_AUDIENCE } from '#crds/names.ts';
import { PATHS } from '../kube/paths.ts';
import {
  APPLY,
  NS,
  type OperatorRig,
  pod,
  policy,
  startOperatorRig,
  tools,
} from '../operator-rig.fixture.ts';
import { serveSidecars } from './serve-sidecars.ts';
import type { StreamServer } from './server.ts';
import { testCertificate } from './tls.fixture.ts';

export interface TestToken {
  readonly token: string;
  readonly uid: string;
}

export class StreamRig {
  readonly rig: OperatorRig;
  readonly server: StreamServer;
  readonly agent: Agent;
  /** What became of lanes that were asked for. */
  readonly lanes: string[];
  /** What is said of every pod's injection. */
  readonly injection: { problem: string | undefined };
  token = '';

  constructor(parts: Pick<StreamRig, 'rig' | 'server' | 'agent' | 'lanes' | 'injection'>) {
    this.rig = parts.rig;
    this.server = parts.server;
    this.agent = parts.agent;
    this.lanes = parts.lanes;
    this.injection = parts.injection;
  }

  async tokenOf(name: string, audience: string = OPERATOR_AUDIENCE): Promise<TestToken> {
    const { client } = this.rig.api;
    const uid = Object(await client.find(PATHS.pod(NS, name))).metadata.uid;
    const made = await client.create(`/api/v1/namespaces/${NS}/serviceaccounts/app/token`, {
      spec: {
        audiences: [audience],
        boundObjectRef: { kind: 'Pod', apiVersion: 'v1', name, uid },
      },
    });
    return { token: Object(made).status.token, uid };
  }

  async ask(method: 'GET' | 'POST', path: string, body?: object | string, bearer = this.token) {
    const { statusCode, body: answer } = await request(`${this.#url}${path}`, {
      ...{ method, dispatcher: this.agent, headers: { authorization: `Bearer ${bearer}` } },
      ...(body === undefined
        ? {}
        : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await answer.text();
    return { status: statusCode, json: text === '' ? {} : Object(JSON.parse(text)) };
  }

  /** What comes on a stream, as it comes. */
  async follow() {
    const { body, statusCode, headers } = await request(`${this.#url}/v1/policy`, {
      dispatcher: this.agent,
      headers: { authorization: `Bearer ${this.token}` },
    });
    const documents: { at: number; digest: string; generation: number }[] = [];
    let text = '';
    body.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      for (let end = text.indexOf('\n\n'); end !== -1; end = text.indexOf('\n\n')) {
        const form = /^event: policy\ndata: [\w-]+\.([\w-]+)\.[\w-]+$/;
        const [, payload = ''] = form.exec(text.slice(0, end)) ?? [];
        const document = payload === '' ? {} : Buffer.from(payload, 'base64url').toString();
        if (typeof document === 'string') {
          documents.push({ at: performance.now(), ...JSON.parse(document) });
        }
        text = text.slice(end + 2);
      }
    });
    body.on('error', () => {});
    return { documents, body, statusCode, type: headers['content-type'] };
  }

  async stop(): Promise<void> {
    await this.agent.destroy();
    await this.server.close();
    await this.rig.stop();
  }

  get #url(): string {
    return `https://127.0.0.1:${this.server.port}`;
  }
}

export async function startStreamRig(): Promise<StreamRig> {
  const rig = await startOperatorRig();
  await makePods(rig);
  const lanes: string[] = [];
  const injection: StreamRig['injection'] = { problem: undefined };
  const tls = testCertificate();
  const server = await serveSidecars({
    ...{ client: rig.api.client, operator: rig.operator, tls },
    ...{ host: '127.0.0.1', port: 0, ownNamespace: 'gatehouse' as never },
    injectionProblem: async () => injection.problem,
    monotonicMillis: () => performance.now(),
    now: () => new Date().toISOString(),
    random: Math.random,
    wait: () => delay(1),
    onAck: () => {},
    onLane: (_, refusal) => lanes.push(refusal?.refusal.code ?? 'certified'),
    onFault: (error) => lanes.push(String(error)),
  });
  const agent = new Agent({ connect: { ca: tls.cert, servername: 'localhost' } });
  const stream = new StreamRig({ rig, server, agent, lanes, injection });
  stream.token = (await stream.tokenOf('pay-0')).token;
  await rig.documentThat((one) => tools(one).includes('get_*'));
  return stream;
}

async function makePods(rig: OperatorRig): Promise<void> {
  const metadata = { name: 'app', namespace: NS };
  const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata };
  await rig.api.client.apply(`/api/v1/namespaces/${NS}/serviceaccounts/app`, account, APPLY);
  for (const name of ['pay-0', 'bare']) {
    const body = pod(name, name === 'bare' ? { 'gatehouse.dev/workload': undefined } : {});
    const initContainers = [{ name: 'gatehouse', image: 'sidecar:1', restartPolicy: 'Always' }];
    await rig.api.client.create(`/api/v1/namespaces/${NS}/pods`, {
      ...body,
      spec: { ...body.spec, serviceAccountName: 'app', initContainers },
    });
  }
  await rig.apply(policy('pay', ['get_*']));
}
