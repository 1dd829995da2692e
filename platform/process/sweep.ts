// Once a second what is past its deadline is ended, so that calls that wait hear of it, and records that
// are owed are written.

import type { Overdue } from '#core/approvals/overdue.ts';
import { ApprovalStoreFault } from '#core/approvals/store.ts';
import type { Logger } from './log.ts';

/** How long past its deadline a request may still seem to wait. */
const SWEEP_MS = 1_000;

export interface Sweeping {
  /** Ends it, after one last sweep; idempotent. */
  close(): Promise<void>;
}

export function startSweeping(due: Overdue, log: Logger): Sweeping {
  let underWay: Promise<void> = Promise.resolve();
  let isSweeping = false;
  const sweep = async (): Promise<void> => {
    if (isSweeping) return;
    isSweeping = true;
    try {
      await due.sweep();
    } catch (error) {
      // Whatever it is, the next sweep tries again; calls that are past their deadline are refused anyway.
      const isStore = error instanceof ApprovalStoreFault;
      log.error('approvals cannot be swept', {
        reason: isStore ? error.code : error instanceof Error ? (error.stack ?? '') : 'unknown',
      });
    } finally {
      isSweeping = false;
    }
  };
  const timer = setInterval(() => {
    underWay = sweep();
  }, SWEEP_MS);
  timer.unref();
  return {
    close: async () => {
      clearInterval(timer);
      await underWay;
      await sweep();
      const { size, lost } = due.owed;
      if (size + lost > 0)
        log.error('records of approvals were not written', { count: size + lost });
    },
  };
}
