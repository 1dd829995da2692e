// The operator's settings, from its environment, which the chart writes. Whatever is missing or wrong is
// named with what to set; values are not quoted, since some are secrets.

import { consoleUrlProblem } from '#core/identity/console-url.ts';
import { LOG_LEVELS, type LogLevel } from '#platform/process/log.ts';
import { type RedisTarget, readRedisUrl } from '#platform/redis/target.ts';

export interface OperatorSettings {
  /** Its own. */
  readonly namespace: string;
  readonly podName: string;
  readonly sidecarImage: string;
  readonly redirectImage: string;
  readonly redisUrl: string;
  /** It is the one of the chart, whose password the operator makes. */
  readonly isRedisBundled: boolean;
  readonly redis: RedisTarget;
  /** File. */
  readonly redisCa: string | undefined;
  readonly consoleUrl: string | undefined;
  readonly otlp: string | undefined;
  readonly allowPlainHttp: boolean;
  /** Folder. */
  readonly archive: string | undefined;
  /** File with the public half. */
  readonly recordingKey: string | undefined;
  /** Where the API server asks at admission. */
  readonly webhookPort: number;
  readonly logLevel: LogLevel;
  /** Evicts at most so many pods without a sidecar in a minute; 0: none. */
  readonly evictPerMinute: number;
}

export type Environment = Readonly<Record<string, string | undefined>>;

export class SettingsFault extends Error {
  override readonly name = 'SettingsFault';
  readonly code = 'settings';
}

/** Throws SettingsFault or RedisFault, naming the variable. */
export function readSettings(env: Environment): OperatorSettings {
  const bundled = given(env, 'GATEHOUSE_REDIS_BUNDLED');
  const redisUrl = bundled ?? needed(env, 'GATEHOUSE_REDIS');
  return {
    namespace: needed(env, 'GATEHOUSE_NAMESPACE'),
    podName: needed(env, 'GATEHOUSE_POD_NAME'),
    sidecarImage: needed(env, 'GATEHOUSE_SIDECAR_IMAGE'),
    redirectImage: needed(env, 'GATEHOUSE_REDIRECT_IMAGE'),
    redisUrl,
    isRedisBundled: bundled !== undefined,
    redis: readRedisUrl(redisUrl, 'GATEHOUSE_REDIS'),
    redisCa: given(env, 'GATEHOUSE_REDIS_CA'),
    consoleUrl: consoleUrl(env),
    otlp: given(env, 'GATEHOUSE_OTLP'),
    allowPlainHttp: given(env, 'GATEHOUSE_ALLOW_PLAIN_HTTP') === 'true',
    archive: given(env, 'GATEHOUSE_ARCHIVE'),
    recordingKey: given(env, 'GATEHOUSE_RECORDING_KEY'),
    logLevel: logLevel(env),
    webhookPort: whole(env, 'GATEHOUSE_WEBHOOK_PORT', { or: 10_250, least: 1, most: 65_535 }),
    evictPerMinute: whole(env, 'GATEHOUSE_EVICT_PER_MINUTE', { or: 0, least: 0, most: 60 }),
  };
}

function needed(env: Environment, name: string): string {
  const value = given(env, name);
  if (value === undefined) throw new SettingsFault(`${name} is not set: the chart sets it`);
  return value;
}

function given(env: Environment, name: string): string | undefined {
  const value = env[name]?.trim();
  return value === '' ? undefined : value;
}

/** Every sidecar is given it, and would not start with a wrong one. */
function consoleUrl(env: Environment): string | undefined {
  const text = given(env, 'GATEHOUSE_CONSOLE_URL');
  if (text === undefined) return undefined;
  const problem = URL.canParse(text) ? consoleUrlProblem(new URL(text)) : 'must be a URL';
  if (problem !== undefined) throw new SettingsFault(`GATEHOUSE_CONSOLE_URL ${problem}`);
  return text;
}

function logLevel(env: Environment): LogLevel {
  const value = given(env, 'GATEHOUSE_LOG_LEVEL') ?? 'info';
  const level = LOG_LEVELS.find((known) => known === value);
  if (level === undefined) {
    throw new SettingsFault(`GATEHOUSE_LOG_LEVEL must be one of ${LOG_LEVELS.join(', ')}`);
  }
  return level;
}

interface Range {
  readonly or: number;
  readonly least: number;
  readonly most: number;
}

function whole(env: Environment, name: string, { or, least, most }: Range): number {
  const value = Number(given(env, name) ?? or);
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw new SettingsFault(`${name} must be a whole number from ${least} to ${most}`);
}
