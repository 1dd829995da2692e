// What every injected sidecar is given by this installation, from the environment that the chart writes.

import type { InjectionSettings } from './injection/settings.ts';
import { parseDrain, parseResources } from './injection/tuning.ts';
import { type Environment, type OperatorSettings, SettingsFault } from './settings.ts';

const PULL_POLICIES = ['IfNotPresent', 'Always', 'Never'] as const;

/** Throws SettingsFault, naming the variable. */
export function injectionSettings(
  env: Environment,
  { namespace, sidecarImage, redirectImage, ...settings }: OperatorSettings,
  revision: string,
): InjectionSettings {
  const { consoleUrl, otlp, allowPlainHttp } = settings;
  const logLevel = env.GATEHOUSE_SIDECAR_LOG_LEVEL;
  const resources = read(env, 'GATEHOUSE_SIDECAR_RESOURCES', parseResources);
  const drainSeconds = read(env, 'GATEHOUSE_DRAIN_SECONDS', parseDrain);
  return {
    ...{ revision, sidecarImage, redirectImage, imagePullPolicy: pullPolicy(env) },
    operatorUrl: `https://gatehouse-operator.${namespace}.svc:8443`,
    ...(consoleUrl === undefined ? {} : { consoleUrl }),
    ...(otlp === undefined ? {} : { otlp }),
    ...(allowPlainHttp ? { allowsPlainHttp: true } : {}),
    ...(logLevel === undefined ? {} : { logLevel }),
    ...(resources === undefined ? {} : { resources }),
    ...(drainSeconds === undefined ? {} : { drainSeconds }),
  };
}

type Parsed<Value> = { readonly value: Value } | { readonly must: string };

function read<Value>(
  env: Environment,
  name: string,
  parse: (text: string) => Parsed<Value>,
): Value | undefined {
  const text = env[name];
  if (text === undefined || text === '') return undefined;
  const parsed = parse(text);
  if ('must' in parsed) throw new SettingsFault(`${name} must be ${parsed.must}`);
  return parsed.value;
}

function pullPolicy(env: Environment): InjectionSettings['imagePullPolicy'] {
  const value = env.GATEHOUSE_IMAGE_PULL_POLICY ?? 'IfNotPresent';
  const found = PULL_POLICIES.find((known) => known === value);
  if (found !== undefined) return found;
  throw new SettingsFault(`GATEHOUSE_IMAGE_PULL_POLICY must be one of ${PULL_POLICIES.join(', ')}`);
}
