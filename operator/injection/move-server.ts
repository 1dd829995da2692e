// Moves a server that says how: its listen address becomes loopback and its port another one, by the
// environment variables or arguments that the policy declares.

import type { ServerConfig } from '#crds/policy.ts';
import type { Container } from './pod.ts';

export type MoveSettings = Partial<NonNullable<ServerConfig['capture']>>;

const LOOPBACK = '127.0.0.1';

/** Why this container cannot be moved; undefined when it can. */
export function movable(container: Container, settings: MoveSettings): string | undefined {
  const { portEnv, portArg, hostEnv, hostArg } = settings;
  if ((portEnv ?? portArg) === undefined || (hostEnv ?? hostArg) === undefined) {
    return 'the policy does not say how the server takes its port and its listen address (spec.server.capture)';
  }
  const missing = [portArg, hostArg].find((name) => name !== undefined && !hasArg(container, name));
  return missing === undefined
    ? undefined
    : `argument ${missing} has no value among the args of container ${container.name}; write it there, so that it can be replaced`;
}

export function moveServer(container: Container, settings: MoveSettings, port: number): Container {
  const { portEnv, portArg, hostEnv, hostArg } = settings;
  let moved = container;
  if (portEnv !== undefined) moved = withEnv(moved, portEnv, String(port));
  if (hostEnv !== undefined) moved = withEnv(moved, hostEnv, LOOPBACK);
  if (portArg !== undefined) moved = withArg(moved, portArg, String(port));
  if (hostArg !== undefined) moved = withArg(moved, hostArg, LOOPBACK);
  return moved;
}

/** Of several entries of one name the last one counts, so all of them say the same. */
function withEnv(container: Container, name: string, value: string): Container {
  const env = container.env ?? [];
  const known = env.some((one) => one.name === name);
  const replaced = env.map((one) => (one.name === name ? { name, value } : one));
  return { ...container, env: known ? replaced : [...env, { name, value }] };
}

/** As `--name=value`, or as two words; a name that another argument follows has no value to replace. */
function hasArg({ command = [], args = [] }: Container, name: string): boolean {
  const found = [command, args].flatMap((list) =>
    list.flatMap((one, at) => (one === name ? [list[at + 1] ?? '-'] : valueIn(one, name))),
  );
  return found.length > 0 && found.every((one) => !one.startsWith('-'));
}

function valueIn(argument: string, name: string): readonly string[] {
  return argument.startsWith(`${name}=`) ? [argument.slice(name.length + 1)] : [];
}

function withArg(container: Container, name: string, value: string): Container {
  const replace = (list: readonly string[]): readonly string[] =>
    list.map((one, at) => {
      if (one.startsWith(`${name}=`)) return `${name}=${value}`;
      return list[at - 1] === name ? value : one;
    });
  return {
    ...container,
    ...(container.command === undefined ? {} : { command: replace(container.command) }),
    ...(container.args === undefined ? {} : { args: replace(container.args) }),
  };
}
