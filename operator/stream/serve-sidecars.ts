// Puts together what sidecars reach from what this replica knows: every replica serves, whichever leads.

import type { Namespace } from '#platform/redis/keys.ts';
import type { KubeClient } from '../kube/client.ts';
import type { Operator } from '../operator.ts';
import { CallerReview } from './caller.ts';
import type { LaneParts } from './certify-lane.ts';
import { PolicyStreams } from './policy-streams.ts';
import { type StreamServer, type StreamServerOptions, startStreamServer } from './server.ts';

export interface ServingOptions
  extends Pick<
      StreamServerOptions,
      'client' | 'host' | 'port' | 'tls' | 'onAck' | 'onLane' | 'onFault'
    >,
    Pick<LaneParts, 'injectionProblem' | 'wait' | 'ownNamespace'> {
  readonly client: KubeClient;
  readonly operator: Operator;
  readonly ownNamespace: Namespace;
  readonly monotonicMillis: () => number;
  /** RFC 3339. */
  readonly now: () => string;
  readonly random: () => number;
}

export interface SidecarServer extends StreamServer {
  readonly streams: () => number;
}

export async function serveSidecars(options: ServingOptions): Promise<SidecarServer> {
  const { operator, client, monotonicMillis, random, now, onAck, ...serving } = options;
  const { world, keys, published, redis } = operator;
  const state = () => redis.state;
  const streams = new PolicyStreams({
    published,
    random,
    find: (key) => world.documents.get(key),
    isHere: ({ namespace, pod, podUid }) => world.pods.get(`${namespace}/${pod}`)?.uid === podUid,
  });
  operator.follow((item) => streams.tell(item));
  const server = await startStreamServer({
    ...{ ...serving, client, streams },
    review: new CallerReview({ client, monotonicMillis }),
    acks: { key: keys.policyKey, state, now },
    lanes: { ...serving, client, state, trust: keys.trust },
    findPod: (key) => world.pods.get(key),
    onAck: (ack) => {
      onAck(ack);
      operator.heard(ack.namespace);
    },
  });
  return { ...server, streams: () => streams.size };
}
