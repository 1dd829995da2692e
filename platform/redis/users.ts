// The Redis user of one namespace: it may do what a gateway's scripts do on the keys of its namespace, read
// what the operator keeps there for it, and nothing else. That of the console may do so in every namespace.
// docs/redis.md explains each part.

import { Cluster } from 'ioredis';
import type { RedisClient } from './client.ts';
import type { Namespace } from './keys.ts';

/** A namespace may be called `default`, which in Redis is somebody else. */
export function namespaceUser(namespace: Namespace): string {
  return `gatehouse-${namespace}`;
}

/** No namespace has a dot in its name, so this is no user of one. */
export const CONSOLE_USER = 'gatehouse.console';

/** On every node, since users are not replicated. `admin` is a connection that may use ACL. */
export async function setNamespaceUser(
  admin: RedisClient,
  namespace: Namespace,
  password: string,
): Promise<void> {
  await setUser(admin, namespaceUser(namespace), aclOf(namespace, password));
}

/** As that of a namespace, for all of them. */
export async function setConsoleUser(admin: RedisClient, password: string): Promise<void> {
  await setUser(admin, CONSOLE_USER, [...aclOf('*', password), CUTS, VISITS]);
}

/** The same Redis as somebody else: `url` with this user and password. */
export function withLogin(url: string, user: string, password: string): string {
  const [first = '', ...others] = url.split(',');
  const [, scheme = '', host = ''] = /^([a-z+]+:\/\/)(?:[^@]*@)?(.*)$/.exec(first) ?? [];
  // A list says the login once, before its first host.
  const rest = others.map(
    (other) => `,${other.replace(/^[a-z+]+:\/\//, '').replace(/^[^@]*@/, '')}`,
  );
  const login = [user, password].map(encodeURIComponent).join(':');
  return `${scheme}${login}@${host}${rest.join('')}`;
}

async function setUser(admin: RedisClient, user: string, rules: readonly string[]): Promise<void> {
  const nodes = admin instanceof Cluster ? admin.nodes('all') : [admin];
  await Promise.all(nodes.map((node) => node.call('ACL', 'SETUSER', user, ...rules)));
}

/** How much of each log is in an archive: who reads sessions begins behind that. */
const CUTS = '(%R~gh:{*/*}:archived +get)';
/** Who is signed in at the console. */
const VISITS =
  '(~gh:{*/visits}:* +evalsha +eval +get +set +del +zadd +zrem +zcard +zrange +zremrangebyscore +zremrangebyrank +pexpire)';

/** Arguments of ACL SETUSER; `password` has no spaces. */
function aclOf(namespace: Namespace | '*', password: string): readonly string[] {
  return [
    ...['reset', 'on', `>${password}`, 'resetchannels', `&gh:{${namespace}/*`, '-@all'],
    ...['+@connection', '+info', '+config|get', '+cluster|slots', '+cluster|shards'],
    ...['+cluster|info', '+time', '+wait', '+publish', '+subscribe'],
    `(~gh:{${namespace}/* +evalsha +eval +xadd +xrange +xrevrange +hset +hget +hmget +hgetall +sadd +smembers +zadd +zrange +exists)`,
    `(~gh:{${namespace}/*}:writer +evalsha +eval +get +set +del)`,
    `(~gh:{${namespace}/approvals}:* +evalsha +eval +get +set +hget +hset +hmget +exists +del +pttl +pexpire +zadd +zrem +zscore +zcard +zcount +zrange +zrevrange +zrangebyscore +zremrangebyscore)`,
    `(%R~gh:{${namespace}/policy}:* +get)`,
  ];
}
