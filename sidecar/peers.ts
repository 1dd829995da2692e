// Replicas that answer for each other (`--peer-listen`): who this process is to them, the door where they
// bring requests of its sessions, and the tunnels by which it brings theirs.

import { randomUUID } from 'node:crypto';
import { peerCredentials } from '#platform/peer/peer-credentials.ts';
import { bindPeerDoor, type PeerDoor } from '#platform/peer/peer-door.ts';
import { Tunnels } from '#platform/peer/tunnels.ts';
import { hostInUrl, type Listening } from './doors.ts';
import type { SessionOwner } from './sessions.ts';
import { SettingsFault } from './settings.ts';

export interface Peers {
  readonly self: SessionOwner;
  readonly door: PeerDoor;
  readonly tunnels: Tunnels;
}

/** Addresses at which nobody else would find this process. */
const WILDCARDS: ReadonlySet<string> = new Set(['0.0.0.0', '::']);

/** Rejects with SettingsFault. */
export async function openPeers(
  listen: Listening,
  sealingKeys: readonly Uint8Array[],
): Promise<Peers> {
  const { host } = listen;
  if (WILDCARDS.has(host)) {
    throw new SettingsFault(
      `--peer-listen: ${host} is no address that others can dial; give the one under which the other replicas reach this one`,
    );
  }
  // One boot: whoever comes after it, in the same pod or at the same address, has none of its sessions.
  const name = randomUUID();
  const credentials = peerCredentials(sealingKeys, name);
  const door = await bindPeerDoor(listen, credentials).catch((cause: NodeJS.ErrnoException) => {
    const why = cause.code === 'EADDRINUSE' ? 'something listens there already' : cause.code;
    throw new SettingsFault(
      `--peer-listen: cannot listen on ${hostInUrl(host)}:${listen.port}: ${why}; choose another address`,
      { cause },
    );
  });
  const self = { name, place: { host, port: door.address.port } };
  return { self, door, tunnels: new Tunnels(credentials) };
}
