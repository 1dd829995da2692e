// The stream on which the operator sends policy documents as they change. It is opened again whenever it ends,
// falls silent or cannot be had; meanwhile the last good document judges.

import { SseDecoder, type SseItem } from '#core/mcp/sse.ts';
import { MAX_SIGNED_CHARS } from '#platform/documents/signed-text.ts';
import type { Logger } from '#platform/process/log.ts';
import { OperatorFault, type OperatorLink } from './operator-link.ts';
import { type Attempt, keepTrying } from './retry.ts';

const PATH = '/v1/policy';
/** The operator says something every 15 s. */
const SILENCE_MS = 45_000;
/** The name of the event and what encoding adds. */
const MAX_EVENT_BYTES = MAX_SIGNED_CHARS + 1024;

export interface StreamDeps {
  readonly link: OperatorLink;
  readonly log: Logger;
  readonly onDocument: (jws: string) => void;
  readonly stop: AbortSignal;
}

/** Resolves when it was told to stop; never rejects. */
export function followStream(deps: StreamDeps): Promise<void> {
  let told = '';
  return keepTrying(async () => {
    const { outcome, code } = await readStream(deps);
    // Said once for each way in which it fails: an operator that is away for hours is no news.
    if (outcome === 'failed' && code !== told && !deps.stop.aborted) {
      deps.log.warn('policy does not come from the operator; the last good document stays', {
        code,
      });
    }
    told = outcome === 'worked' ? '' : code;
    return outcome;
  }, deps.stop);
}

interface StreamEnd {
  readonly outcome: Attempt;
  readonly code: string;
}

async function readStream({ link, log, onDocument, stop }: StreamDeps): Promise<StreamEnd> {
  let outcome: Attempt = 'failed';
  const silent = new AbortController();
  const watchdog = setTimeout(() => silent.abort(), SILENCE_MS).unref();
  try {
    const response = await link.open(PATH, AbortSignal.any([stop, silent.signal]));
    const decoder = new SseDecoder({ maxEventBytes: MAX_EVENT_BYTES });
    for await (const chunk of response) {
      watchdog.refresh();
      for (const jws of documentsIn(decoder.push(chunk))) {
        if (outcome === 'failed') log.info('policy comes from the operator');
        outcome = 'worked';
        onDocument(jws);
      }
    }
    return { outcome, code: 'ended' };
  } catch (error) {
    return { outcome, code: error instanceof OperatorFault ? error.code : 'cut' };
  } finally {
    clearTimeout(watchdog);
  }
}

function documentsIn(items: readonly SseItem[]): readonly string[] {
  return items.flatMap((item) => {
    if (item.kind === 'fault') throw new OperatorFault('event_too_large');
    const isPolicy = item.kind === 'event' && item.event === 'policy' && item.data !== undefined;
    return isPolicy ? [Buffer.from(item.data).toString('utf8')] : [];
  });
}
