// Ends each approval that is due. One that fails must not keep the others from being known as ended: each
// is told once, and whoever does not hear of it has no record of it.

import type { Approval } from './approval.ts';
import type { Moved } from './store.ts';

/** Rejects only when none has ended and one could not be asked; that one is due still. */
export async function expireEach(
  due: readonly string[],
  expire: (id: string) => Promise<Moved>,
): Promise<readonly Approval[]> {
  const moves = await Promise.allSettled(due.map(expire));
  const ended = moves.flatMap((move) =>
    move.status === 'fulfilled' && move.value.ok ? [move.value.approval] : [],
  );
  const failed = moves.find((move) => move.status === 'rejected');
  if (ended.length === 0 && failed !== undefined) throw failed.reason;
  return ended;
}
