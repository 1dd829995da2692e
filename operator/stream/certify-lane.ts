// Certifies the lane of a sidecar that just started: after the pod was read again, with what was injected as
// it was signed, and once for each start of its container. A second lane is refused, and told.

import { certify } from '#core/evidence/lane.ts';
import { type Signer, signatureKey } from '#core/evidence/signature.ts';
import type { JsonObject } from '#core/mcp/messages.ts';
import { CONTAINERS } from '#crds/names.ts';
import type { Namespace } from '#platform/redis/keys.ts';
import type { PolicyState } from '#platform/redis/policy-state.ts';
import type { KubeClient } from '../kube/client.ts';
import { PATHS } from '../kube/paths.ts';
import { refused, textField } from './answer.ts';
import type { Caller } from './caller.ts';

export interface LaneParts {
  readonly client: KubeClient;
  /** Of the operator: gateways cannot write there. */
  readonly ownNamespace: Namespace;
  readonly state: () => PolicyState | undefined;
  readonly trust: { readonly id: string; readonly signer: Signer };
  /** Why the pod's sidecar is not the one that was injected; undefined when it is. */
  readonly injectionProblem: (pod: unknown) => Promise<string | undefined>;
  readonly wait: (millis: number) => Promise<void>;
}

export interface CertifiedLane {
  readonly certificate: string;
  readonly trustKeyId: string;
}

const LANE = /^[a-z2-7]{26}$/;
const NONCE = /^[0-9a-f]{32}$/;
/** The kubelet tells of a restarted container a moment after it runs. */
const LOOKS = 4;
const LOOK_MILLIS = 1000;

/** Rejects with RefusedRequest. */
export async function certifyLane(
  parts: LaneParts,
  caller: Caller,
  body: JsonObject,
): Promise<CertifiedLane> {
  const { trust } = parts;
  const lane = textField(body, 'lane', 26);
  const publicKey = textField(body, 'publicKey', 64);
  const bootNonce = textField(body, 'bootNonce', 32);
  if (!LANE.test(lane)) throw refused(400, 'invalid', 'lane must be the name of a lane');
  if (!NONCE.test(bootNonce)) throw refused(400, 'invalid', 'bootNonce must be 16 bytes in hex');
  requireKey(publicKey);
  const claim = `${lane} ${publicKey} ${bootNonce}`;
  for (let look = 1; ; look += 1) {
    if (await isFirst(parts, caller, claim)) break;
    if (look === LOOKS) {
      throw refused(409, 'lane_taken', 'this start of the container has a lane already');
    }
    await parts.wait(LOOK_MILLIS);
  }
  return { certificate: certify(lane, publicKey, trust.signer), trustKeyId: trust.id };
}

async function isFirst(parts: LaneParts, caller: Caller, claim: string): Promise<boolean> {
  const { client, state, injectionProblem } = parts;
  const pod = await client.find(PATHS.pod(caller.namespace, caller.pod));
  if (Object(Object(pod).metadata).uid !== caller.podUid) {
    throw refused(403, 'pod_gone', 'the pod of this token is gone');
  }
  const problem = await injectionProblem(pod);
  if (problem !== undefined) throw refused(403, 'not_injected', problem);
  const container = runningContainer(pod);
  if (container === undefined) {
    throw refused(503, 'not_seen', 'the container is not yet reported as running');
  }
  const store = state();
  if (store === undefined) throw refused(503, 'unavailable', 'Redis is away');
  const start = `${caller.podUid}/${container}`;
  const first = await store.claimLane(parts.ownNamespace, start, claim).catch(() => {
    throw refused(503, 'unavailable', 'Redis is away');
  });
  return first === claim;
}

function runningContainer(pod: unknown): string | undefined {
  const statuses: unknown = Object(Object(pod).status).initContainerStatuses;
  const own: unknown = Array.isArray(statuses)
    ? statuses.find((one: unknown) => Object(one).name === CONTAINERS.sidecar)
    : undefined;
  const { containerID, state } = Object(own);
  const isRunning = Object(state).running !== undefined;
  return isRunning && typeof containerID === 'string' && containerID !== ''
    ? containerID
    : undefined;
}

function requireKey(publicKey: string): void {
  try {
    signatureKey(publicKey);
  } catch {
    throw refused(400, 'invalid', 'publicKey must be a raw Ed25519 key in base64url');
  }
}
