// The nft rules of Redirect, in the pod's own network: what reaches the governed port from outside goes
// to the sidecar, and every other port of the pod but the listed ones is closed to the outside.

import { PORT_NUMBERS } from '#crds/names.ts';

const TABLE = 'gatehouse';

/** Loading them again gives the same rules: an init container may run twice in one network. */
export function redirectRules(port: number, allowedPorts: readonly number[]): string {
  const open = [...new Set([...Object.values(PORT_NUMBERS), ...allowedPorts])]
    .filter((one) => one !== port)
    .sort((a, b) => a - b);
  return [
    `table inet ${TABLE}`,
    `delete table inet ${TABLE}`,
    `table inet ${TABLE} {`,
    '  chain inbound {',
    '    type nat hook prerouting priority dstnat; policy accept;',
    '    iifname "lo" return',
    `    tcp dport ${port} redirect to :${PORT_NUMBERS.redirected}`,
    '  }',
    '  chain guard {',
    '    type filter hook input priority filter; policy drop;',
    '    iifname "lo" accept',
    '    ct state established,related accept',
    // The sidecar dialled out before these rules were loaded: nothing tracked that, and only a SYN opens anything.
    '    tcp flags & (syn | ack) != syn accept',
    '    meta l4proto { icmp, ipv6-icmp } accept',
    `    tcp dport { ${open.join(', ')} } accept`,
    '    meta l4proto tcp reject with tcp reset',
    '    reject with icmpx port-unreachable',
    '  }',
    '}',
    '',
  ].join('\n');
}
