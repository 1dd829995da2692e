// Speaks to the API server as its administrator: what the cluster's own set-up, its DNS and its storage need
// of Kubernetes, and no more.

import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { parse } from 'yaml';
import { KUBECONFIG } from './addresses.ts';

const DEADLINE_MS = 5_000;

export interface Answer {
  readonly status: number;
  readonly text: string;
}

export interface Written {
  readonly method: 'POST' | 'DELETE';
  readonly body?: unknown;
}

/** One request, a GET unless something is written. The connection is kept. */
export type Api = (path: string, written?: Written) => Promise<Answer>;

export function openApi(): Api {
  const { clusters, users } = parse(readFileSync(KUBECONFIG, 'utf8'));
  const decoded = (value: string) => Buffer.from(value, 'base64');
  const server: string = clusters[0].cluster.server;
  const agent = new Agent({
    keepAlive: true,
    ca: decoded(clusters[0].cluster['certificate-authority-data']),
    cert: decoded(users[0].user['client-certificate-data']),
    key: decoded(users[0].user['client-key-data']),
  });
  return (path, { method, body }: Partial<Written> = {}) =>
    new Promise((resolve, reject) => {
      const options = {
        ...{ agent, method: method ?? 'GET', timeout: DEADLINE_MS },
        headers: { 'content-type': 'application/json' },
      };
      const call = request(`${server}${path}`, options, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (part: string) => {
          text += part;
        });
        response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
        response.on('error', reject);
      });
      call.on('timeout', () => call.destroy(new Error(`${path}: no answer`)));
      call.on('error', reject).end(body === undefined ? undefined : JSON.stringify(body));
    });
}

/** Whether the API answers `path` with 200, and `text` in it. */
export async function answers(api: Api, path: string, text = ''): Promise<boolean> {
  try {
    const answer = await api(path);
    return answer.status === 200 && answer.text.includes(text);
  } catch {
    return false;
  }
}
