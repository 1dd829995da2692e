// Turns SIGTERM and SIGINT into one AbortSignal. A second signal ends the process at once, and a
// drain that outlives its deadline is cut, so that a stuck peer cannot keep the process alive.

import { constants } from 'node:os';

const SIGNALS = ['SIGTERM', 'SIGINT'] as const;
type StopSignal = (typeof SIGNALS)[number];

/** Kubernetes gives 30 seconds by default; the last five are for the ledger and the kernel. */
export const DEFAULT_DRAIN_SECONDS = 25;

/** Exit code when the deadline cut the drain: not a clean end, not a crash. */
export const EXIT_DRAIN_CUT = 75;

export interface Shutdown {
  /** Aborted by the first signal. */
  readonly stop: AbortSignal;
  /** Stops listening and takes the deadline back; idempotent. */
  close(): void;
}

export interface ShutdownSettings {
  readonly drainSeconds: number;
  /** Ends the process now; called at most once per signal. */
  readonly exit: (code: number) => void;
}

/** The part of `process` that is used. */
export interface SignalSource {
  on(signal: StopSignal, listener: (signal: StopSignal) => void): unknown;
  off(signal: StopSignal, listener: (signal: StopSignal) => void): unknown;
}

export function listenForShutdown(source: SignalSource, settings: ShutdownSettings): Shutdown {
  const controller = new AbortController();
  let deadline: NodeJS.Timeout | undefined;

  function onSignal(signal: StopSignal): void {
    if (controller.signal.aborted) {
      settings.exit(128 + constants.signals[signal]);
      return;
    }
    deadline = setTimeout(() => settings.exit(EXIT_DRAIN_CUT), settings.drainSeconds * 1000);
    deadline.unref();
    controller.abort();
  }

  for (const signal of SIGNALS) {
    source.on(signal, onSignal);
  }
  return {
    stop: controller.signal,
    close() {
      clearTimeout(deadline);
      for (const signal of SIGNALS) {
        source.off(signal, onSignal);
      }
    },
  };
}
