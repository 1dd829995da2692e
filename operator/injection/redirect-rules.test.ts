import { spawnSync } from 'node:child_process';
import { expect } from 'chai';
import { redirectRules } from './redirect-rules.ts';

/** In a network of its own, as in a pod; twice, as when an init container runs again. */
function load(rules: string) {
  const script = 'nft "$1" && nft "$1" && nft list ruleset';
  return spawnSync('unshare', ['--net', 'sh', '-c', script, 'sh', rules], { encoding: 'utf8' });
}

describe('the rules of Redirect', () => {
  it('send the port to the sidecar, keep ours and the listed ones, and reject the rest', () => {
    expect(
      redirectRules(3000, [9090, 3000, 8125])
        .split('\n')
        .map((line) => line.trim()),
    ).to.deep.equal([
      'table inet gatehouse',
      'delete table inet gatehouse',
      'table inet gatehouse {',
      'chain inbound {',
      'type nat hook prerouting priority dstnat; policy accept;',
      'iifname "lo" return',
      'tcp dport 3000 redirect to :15020',
      '}',
      'chain guard {',
      'type filter hook input priority filter; policy drop;',
      'iifname "lo" accept',
      'ct state established,related accept',
      'tcp flags & (syn | ack) != syn accept',
      'meta l4proto { icmp, ipv6-icmp } accept',
      'tcp dport { 8125, 9090, 15020, 15021, 15022 } accept',
      'meta l4proto tcp reject with tcp reset',
      'reject with icmpx port-unreachable',
      '}',
      '}',
      '',
    ]);
  });

  it('are taken by nft itself, and again when they are there already', function () {
    const probe = spawnSync('unshare', ['--net', 'nft', 'list', 'ruleset']);
    if (probe.status !== 0) this.skip();

    const loaded = load(redirectRules(3000, [9090]));

    expect(loaded.stderr).to.equal('');
    expect(loaded.stdout.match(/redirect to :15020/g)).to.have.length(1);
  });
});
