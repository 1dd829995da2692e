// `gatehouse console`: the pages where people decide, on their own, in front of the Redis that gateways share.

import { runConsole } from '#console/alone.ts';
import { ALONE_FLAGS, type AloneSettings } from '#console/settings.ts';
import { LOG_LEVELS } from '#platform/process/log.ts';
import { VERSION } from '#platform/process/version.ts';
import { type Command, type CommandIo, UsageError } from './command.ts';
import { atLeastOne, hostPort, oneOf, onOff, text, texts, url, withDefault } from './flag-kinds.ts';
import { parseFlags } from './flags.ts';
import { REDIS_FLAGS, redisSettings, WAIT_FLAG } from './redis-flags.ts';
import { runServing } from './serving.ts';

const FLAGS = {
  ...REDIS_FLAGS,
  ...WAIT_FLAG,
  policy: atLeastOne(texts),
  listen: withDefault(hostPort, { host: '127.0.0.1', port: 8443 }),
  publicUrl: url,
  admin: withDefault(hostPort, { host: '127.0.0.1', port: 9091 }),
  approvalKey: withDefault(text, 'gatehouse-approval.pub'),
  trustKey: withDefault(text, 'gatehouse-trust.pub'),
  checkpoints: text,
  data: withDefault(text, 'gatehouse-data'),
  sealingKeys: text,
  client: text,
  clientSecret: text,
  auditors: texts,
  secrets: text,
  recordingKey: text,
  allowPlainHttp: onOff,
  allowPrivateReceivers: onOff,
  logLevel: oneOf(LOG_LEVELS),
};

export const consoleCommand: Command = {
  name: 'console',
  summary: 'Serve the pages where people decide, in front of a Redis',
  usage: `Usage: gatehouse console --redis URL --policy FILE|DIR [--policy FILE|DIR]... [options]

Any number of them may run side by side, behind any balancer. Gateways are given the public half of the
approval key ("gatehouse run --approval-key FILE --console-url URL").

  --redis URL            the Redis that gateways share, as "gatehouse run" is given it. With a password, give it
                         as GATEHOUSE_REDIS
  --redis-namespace NAME whose visits are, and policies that name no namespace (default)
  --redis-ca FILE        the authority that signed its certificate, as PEM (the public ones)
  --redis-wait-replicas N  how many replicas of Redis must have a record before it counts (0)
  --policy FILE|DIR      a McpGatewayPolicy, or a folder of them; repeatable. Its namespace says which approvals
                         and sessions it governs. Read again when it changes
  --listen HOST:PORT     where it listens (127.0.0.1:8443)
  --public-url URL       how browsers dial it: https, or http on loopback (http://localhost:PORT)
  --admin HOST:PORT      /livez /readyz /metrics (127.0.0.1:9091)
  --approval-key FILE    public half of the key that signs decisions, made on first start (./gatehouse-approval.pub);
                         replicas share the pair
  --trust-key FILE       the key to verify its evidence with, made on first start (./gatehouse-trust.pub)
  --checkpoints DIR      where the newest checkpoint of its evidence is kept (beside the trust key)
  --data DIR             where sealing keys are kept, unless --sealing-keys is given (./gatehouse-data)
  --sealing-keys FILE    what seals sign-ins, shared by all replicas
  --client ID            its client id at the identity provider (the policy's approvalAudience)
  --client-secret FILE   holds its client secret; without it the client is a public one, with PKCE
  --secrets DIR          keys of Secrets that policies name for receivers of notifications, each in a file of its
                         own: DIR/NAMESPACE/SECRET/KEY; read again when it is needed
  --auditors GROUP       a group whose members may read every session; repeatable. Others read their own
  --recording-key FILE   private half of the recording key, to show recorded messages
  --allow-plain-http     take plain http beyond loopback: issuers, receivers of notifications; recorded as evidence
  --allow-private-receivers  send notifications to addresses that are not public, too; recorded as evidence
  --log-level LEVEL      debug, info, warn or error (info)

Each flag has a twin in the environment: --public-url is GATEHOUSE_PUBLIC_URL.
`,
  async run(args, io) {
    const { settings, logLevel } = await readSettings(args, io);
    return runServing(io, {
      logLevel,
      advice: 'see to the Redis of --redis',
      serve: (log) => runConsole(settings, log, io.stop),
    });
  },
};

async function readSettings(args: readonly string[], io: CommandIo) {
  const { flags } = parseFlags(FLAGS, args, io.env);
  const { listen, publicUrl } = flags;
  const redis = await redisSettings(flags);
  if (redis === undefined) {
    throw new UsageError('--redis (or GATEHOUSE_REDIS) is missing; a console alone needs one');
  }
  if (listen.port === 0 && publicUrl === undefined) {
    throw new UsageError('--listen must name a port, since browsers are sent back to it');
  }
  const settings: AloneSettings = {
    redis,
    policyPaths: flags.policy,
    listen,
    publicUrl: publicUrl ?? new URL(`http://localhost:${listen.port}`),
    admin: flags.admin,
    approvalKeyFile: flags.approvalKey,
    trustKeyFile: flags.trustKey,
    checkpointsDir: flags.checkpoints,
    dataDir: flags.data,
    sealingKeysFile: flags.sealingKeys,
    clientId: flags.client,
    clientSecretFile: flags.clientSecret,
    auditors: flags.auditors,
    secretsDir: flags.secrets,
    recordingKeyFile: flags.recordingKey,
    allowPlainHttp: flags.allowPlainHttp,
    allowPrivateReceivers: flags.allowPrivateReceivers,
    env: io.env,
    version: VERSION,
    flags: ALONE_FLAGS,
  };
  return { settings, logLevel: flags.logLevel ?? 'info' };
}
