// The operator taken away whole, and brought back.

import { kubectl, rolledOut } from './cluster.ts';
import { SYSTEM, untilAdmits } from './installation.ts';

export const OPERATOR = 'deployment/gatehouse-operator';
const OPERATOR_PODS = 'app.kubernetes.io/component=operator';

/** Resolves when none of its pods is left. To be brought back, also when this throws. */
export async function takeOperatorAway(): Promise<void> {
  await kubectl('-n', SYSTEM, 'scale', OPERATOR, '--replicas=0');
  const pods = ['pod', '-l', OPERATOR_PODS, '--timeout=90s'];
  await kubectl('-n', SYSTEM, 'wait', '--for=delete', ...pods);
}

/** As many as the chart has; they serve later. */
export async function askOperatorBack(): Promise<void> {
  await kubectl('-n', SYSTEM, 'scale', OPERATOR, '--replicas=2');
}

export async function bringOperatorBack(): Promise<void> {
  await askOperatorBack();
  await rolledOut(SYSTEM, OPERATOR);
  await untilAdmits();
}
