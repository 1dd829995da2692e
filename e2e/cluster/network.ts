// The cluster's network: a namespace of its own, one line between it and the machine, and routes over
// which the machine reaches pods and Services. Nothing behind the machine is reachable from pods.

import { existsSync } from 'node:fs';
import { ADDRESSES, NAMES } from './addresses.ts';
import { run } from './daemons.ts';

const { namespace, hostLink } = NAMES;
const FORWARDING = '/proc/sys/net/ipv4/ip_forward';

export function makeNetwork(): void {
  if (isMade()) return;
  // Of one that was ended half-way.
  removeNetwork();
  const { host, node, prefix, pods, services } = ADDRESSES;
  run('ip', 'netns', 'add', namespace);
  ip(`link add ${hostLink} type veth peer name eth0 netns ${namespace}`);
  ip(`addr add ${host}/${prefix} dev ${hostLink}`);
  ip(`link set ${hostLink} up`);
  inside(`addr add ${node}/${prefix} dev eth0`);
  inside('link set eth0 up');
  inside('link set lo up');
  inside(`route add default via ${host}`);
  for (const range of [pods, services]) ip(`route add ${range} via ${node}`);
  inNetwork(`echo 1 >${FORWARDING}`);
}

/** Forwarding is what comes last. */
function isMade(): boolean {
  return existsSync(`/run/netns/${namespace}`) && inNetwork(`cat ${FORWARDING}`).trim() === '1';
}

export function removeNetwork(): void {
  // The line first, and the routes with it: without its namespace it goes by itself, at some moment.
  if (existsSync(`/sys/class/net/${hostLink}`)) ip(`link del ${hostLink}`);
  if (existsSync(`/run/netns/${namespace}`)) run('ip', 'netns', 'del', namespace);
}

function ip(command: string): void {
  run('ip', ...command.split(' '));
}

function inNetwork(command: string): string {
  return run('nsenter', `--net=/run/netns/${namespace}`, 'sh', '-c', command);
}

function inside(command: string): void {
  run('ip', '-n', namespace, ...command.split(' '));
}
