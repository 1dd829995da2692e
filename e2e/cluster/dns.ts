// The DNS of the cluster: names of Services and of the machine, asked of the API server when they are
// asked for. It runs beside the kubelet, as a program of the node.

import { createSocket } from 'node:dgram';
import { ADDRESSES, NAMES } from './addresses.ts';
import { type Api, openApi } from './api.ts';
import { type Found, readQuestion, writeAnswer } from './dns-message.ts';

interface Endpoints {
  readonly items: readonly {
    readonly endpoints?: readonly {
      readonly addresses: readonly string[];
      readonly hostname?: string;
      readonly conditions?: { readonly ready?: boolean };
    }[];
  }[];
}

/** What it prints when it answers. */
export const DNS_READY = 'answers';

const NOTHING: Found = { exists: false, addresses: [] };
const SERVICE_NAME = new RegExp(
  `^(?:([a-z0-9-]+)\\.)?([a-z0-9-]+)\\.([a-z0-9-]+)\\.svc\\.${NAMES.clusterDomain}$`,
);

if (import.meta.main) serve(openApi());

function serve(api: Api): void {
  const socket = createSocket('udp4');
  socket.on('message', (message, from) => {
    const question = readQuestion(message);
    if (question === undefined) return;
    find(api, question.name).then(
      (found) => socket.send(writeAnswer(question, found), from.port, from.address),
      // Unanswered, so that the pod asks again.
      (error) => process.stderr.write(`${question.name}: ${error}\n`),
    );
  });
  socket.bind(53, ADDRESSES.node, () => process.stdout.write(`${DNS_READY}\n`));
}

export async function find(api: Api, name: string): Promise<Found> {
  if (name === NAMES.host) return { exists: true, addresses: [ADDRESSES.host] };
  const [, host, service, namespace] = SERVICE_NAME.exec(name) ?? [];
  if (service === undefined) return NOTHING;
  const { status, text } = await api(`/api/v1/namespaces/${namespace}/services/${service}`);
  if (status === 404) return NOTHING;
  if (status !== 200) throw new Error(`the API answered ${status}`);
  const { clusterIP } = JSON.parse(text).spec;
  if (clusterIP !== 'None') {
    return host === undefined ? { exists: true, addresses: [clusterIP] } : NOTHING;
  }
  const addresses = await headless(api, `${namespace}`, service, host);
  return { exists: host === undefined || addresses.length > 0, addresses };
}

async function headless(
  api: Api,
  namespace: string,
  service: string,
  host: string | undefined,
): Promise<readonly string[]> {
  const selector = `labelSelector=kubernetes.io%2Fservice-name%3D${service}`;
  const path = `/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices?${selector}`;
  const { items } = JSON.parse((await api(path)).text) as Endpoints;
  return items
    .flatMap(({ endpoints = [] }) => endpoints)
    .filter(({ conditions, hostname }) =>
      host === undefined ? conditions?.ready !== false : hostname === host,
    )
    .flatMap(({ addresses }) => addresses);
}
