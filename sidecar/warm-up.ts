// Fetches the keys of every issuer at start and until each has some, so that readiness is true when
// the first call can be authenticated. Later fetches are the verifier's own.

import type { OidcTokenVerifier } from '#platform/oidc/token-verifier.ts';
import type { Logger } from '#platform/process/log.ts';

const RETRY_MS = 2_000;

export interface WarmUp {
  /** Every issuer has had keys at least once. */
  readonly isWarm: boolean;
  close(): void;
}

export function warmUp(verifier: OidcTokenVerifier, log: Logger): WarmUp {
  let isWarm = false;
  let timer: NodeJS.Timeout | undefined;
  let told = '';
  const attempt = async (): Promise<void> => {
    const cold = (await verifier.warm()).filter(({ ready }) => !ready);
    isWarm = cold.length === 0;
    if (isWarm) return;
    const names = cold.map(({ name }) => name);
    // Said once per set of issuers: a provider that starts late is no news every two seconds.
    if (told !== names.join()) {
      const problems = cold.map(({ name, problem }) => `${name}: ${problem ?? 'no keys'}`);
      log.warn('issuers have no keys yet', { issuers: names, problems });
    }
    told = names.join();
    timer = setTimeout(() => void attempt(), RETRY_MS);
    timer.unref();
  };
  void attempt();
  return {
    get isWarm() {
      return isWarm;
    },
    close: () => clearTimeout(timer),
  };
}
