// A server would get its signal to end at the moment in which the sidecar is asked to drain, while calls still
// come. So it waits until they are over, unless it has a hook of its own for its end.

import { DRAINED_PATH, PORT_NUMBERS } from '#crds/names.ts';
import type { Container, Handler } from './pod.ts';

const HOOK = { httpGet: { path: DRAINED_PATH, port: PORT_NUMBERS.admin, scheme: 'HTTP' } };

export function outlastCalls(container: Container): Container {
  const { lifecycle = {} } = container;
  if (lifecycle.preStop !== undefined) return container;
  return { ...container, lifecycle: { ...lifecycle, preStop: HOOK } };
}

/** As it was before an earlier injection. */
export function withoutOutlasting(container: Container): Container {
  const { lifecycle, ...rest } = container;
  if (lifecycle?.preStop === undefined || !isOurs(lifecycle.preStop)) return container;
  const { preStop: _, ...others } = lifecycle;
  return Object.keys(others).length === 0 ? rest : { ...rest, lifecycle: others };
}

function isOurs({ httpGet }: Handler): boolean {
  return httpGet?.path === DRAINED_PATH && httpGet.port === PORT_NUMBERS.admin;
}
