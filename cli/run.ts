// `gatehouse run`: the gateway alone on a machine, in front of one MCP server.

import { type ConsoleHost, startConsole } from '#console/main.ts';
import type { BesideSettings } from '#console/settings.ts';
import { type OtlpSource, readOtlpSettings } from '#platform/otel/otlp-settings.ts';
import { LOG_LEVELS } from '#platform/process/log.ts';
import { VERSION } from '#platform/process/version.ts';
import { runSidecar } from '#sidecar/main.ts';
import type { SidecarSettings } from '#sidecar/settings.ts';
import { type Command, type CommandIo, UsageError } from './command.ts';
import {
  CONSOLE_FLAGS,
  CONSOLE_USAGE,
  checkApprovalKey,
  consoleSettings,
  decidingUrl,
} from './console-flags.ts';
import { hostPort, integer, oneOf, onOff, required, text, texts, url, urls } from './flag-kinds.ts';
import { parseFlags } from './flags.ts';
import { REDIS_FLAGS, REDIS_USAGE, redisSettings, WAIT_FLAG } from './redis-flags.ts';
import { runServing } from './serving.ts';

const FLAGS = {
  policy: texts,
  upstream: required(url),
  listen: hostPort,
  publicUrl: urls,
  data: text,
  keys: text,
  sealingKeys: text,
  trustKey: text,
  approvalKey: text,
  tlsCert: text,
  tlsKey: text,
  admin: hostPort,
  peerListen: hostPort,
  allowPlainHttp: onOff,
  allowPrivateReceivers: onOff,
  holdSeconds: integer(0, 3600),
  ...REDIS_FLAGS,
  ...WAIT_FLAG,
  otlp: url,
  otlpCallerErrors: text,
  ...CONSOLE_FLAGS,
  logLevel: oneOf(LOG_LEVELS),
};

export const run: Command = {
  name: 'run',
  summary: 'Put Gatehouse in front of an MCP server',
  usage: `Usage: gatehouse run --policy FILE [--policy FILE]... --upstream URL [options]

  --policy FILE          a McpGatewayPolicy; repeat it to join several, the strictest wins
  --upstream URL         the MCP server's endpoint, such as http://127.0.0.1:3000/mcp
  --listen HOST:PORT     where clients connect (127.0.0.1:8080)
  --tls-cert FILE        answer clients over TLS with this certificate (PEM, its chain behind it), taken up when it
  --tls-key FILE         changes, and its key; without them clients connect over plain http
  --public-url URL       how clients dial it, when that is not the listen address; repeatable
  --data DIR             where keys are kept, and evidence unless --redis is given (./gatehouse-data)
  --trust-key FILE       the key to verify evidence with, made on first start (./gatehouse-trust.pub)
  --keys DIR             keys that all replicas are given, only read: sealing.keys, masking.key, recording.pub,
                         upstream-signing-key.pem, approval-signing-key.pem (made under --data)
  --sealing-keys FILE    what seals session ids, given to all replicas: the first of its keys seals, all open
  --approval-key FILE    public half of the key that a console elsewhere decides with: nobody decides at this
                         gateway then. Needs --redis and --console-url (a key of its own, made under --data)
  --admin HOST:PORT      /livez /readyz /startupz /metrics, and /approvals (127.0.0.1:9090)
  --peer-listen HOST:PORT  the address under which other replicas reach this one; sessions then work at each of
                         them, by mutual TLS whose keys come from the sealing keys (off)
  --allow-plain-http     take plain http beyond loopback: issuers, the server, approvers; recorded as evidence
  --allow-private-receivers  send notifications to addresses that are not public, too; recorded as evidence
  --hold-seconds N       hold a call that waits for approval this long at most (50); over 50 only calls whose
                         client hears progress and waits on while it comes
${REDIS_USAGE}  --redis-wait-replicas N  how many replicas of Redis must have a record before it counts; not with a Cluster (0)
  --otlp URL             send spans, metrics and logs to this OTLP receiver, such as http://127.0.0.1:4318 (off);
                         headers, TLS and the rest are the standard OTEL_EXPORTER_OTLP_* variables
  --otlp-caller-errors CODES  JSON-RPC errors that do not make a span an error (-32700,-32600,-32601,-32602)
${CONSOLE_USAGE}  --log-level LEVEL      debug, info, warn or error (info)

Each flag has a twin in the environment: --public-url is GATEHOUSE_PUBLIC_URL.
`,
  async run(args, io) {
    const { settings, beside, telemetry, logLevel } = await readSettings(args, io);
    return runServing(io, {
      logLevel,
      advice: 'make room under --data or name another folder, or see to the Redis of --redis',
      serve: async (log) => {
        const otlp = readOtlpSettings(telemetry);
        const openConsole = beside && ((host: ConsoleHost) => startConsole(beside, host));
        await runSidecar({ ...settings, otlp }, log, io.stop, openConsole);
      },
    });
  },
};

interface Read {
  readonly settings: SidecarSettings & { readonly trustKeyFile: string };
  /** The console to open beside it. */
  readonly beside: BesideSettings | undefined;
  readonly telemetry: OtlpSource;
  readonly logLevel: (typeof LOG_LEVELS)[number];
}

async function readSettings(args: readonly string[], io: CommandIo): Promise<Read> {
  const { flags } = parseFlags(FLAGS, args, io.env);
  if (flags.policy.length === 0) {
    throw new UsageError('--policy (or GATEHOUSE_POLICY) is missing; give it a policy file');
  }
  checkApprovalKey(flags);
  const { allowPlainHttp } = flags;
  const dataDir = flags.data ?? 'gatehouse-data';
  const places = { dataDir, keysDir: flags.keys, sealingKeysFile: flags.sealingKeys };
  const redis = await redisSettings(flags);
  const beside = consoleSettings(flags, { ...places, redis, allowPlainHttp });
  const settings = {
    policyFiles: flags.policy,
    upstream: flags.upstream,
    listen: flags.listen ?? { host: '127.0.0.1', port: 8080 },
    publicUrls: flags.publicUrl,
    ...places,
    trustKeyFile: flags.trustKey ?? 'gatehouse-trust.pub',
    admin: flags.admin ?? { host: '127.0.0.1', port: 9090 },
    peerListen: flags.peerListen,
    consoleUrl: decidingUrl(flags, beside),
    approvalKeyFile: flags.approvalKey,
    tls: tlsFiles(flags),
    allowPlainHttp,
    allowPrivateReceivers: flags.allowPrivateReceivers,
    holdSeconds: flags.holdSeconds,
    redis,
    version: VERSION,
    env: io.env,
  };
  const telemetry = {
    ...(flags.otlp === undefined ? {} : { url: flags.otlp }),
    ...(flags.otlpCallerErrors === undefined ? {} : { callerErrors: flags.otlpCallerErrors }),
    env: io.env,
    version: VERSION,
    allowPlainHttp,
  };
  return { settings, beside, telemetry, logLevel: flags.logLevel ?? 'info' };
}

function tlsFiles({
  tlsCert,
  tlsKey,
}: { readonly [flag in 'tlsCert' | 'tlsKey']: string | undefined }) {
  if (tlsCert === undefined && tlsKey === undefined) return undefined;
  if (tlsCert !== undefined && tlsKey !== undefined) return { certFile: tlsCert, keyFile: tlsKey };
  const missing = tlsCert === undefined ? '--tls-cert' : '--tls-key';
  throw new UsageError(`${missing} is missing: certificate and key come together`);
}
