// Calls that wait for people longer than SDK clients wait for anything, 60 s by default, through Gatehouse
// with its holds as they are: a legacy client that hears progress and repeats its call, a modern one in rounds.

import { setTimeout as delay } from 'node:timers/promises';
import { decide, pending, startAskingRig } from '#e2e/journeys/approving.ts';
import { legacyClient, modernClient, type ToolAnswer } from '#e2e/journeys/waiting-clients.ts';

/** Over the 60 s of the SDKs, and over two rounds of 45 s. SOAK_SECONDS shortens it to try the script. */
const WAIT_SECONDS = Number(process.env.SOAK_SECONDS ?? 100);

// One after the other: starting is what takes a machine's time, waiting takes none.
const rigs = [await begin('legacy'), await begin('modern')];
const results = await Promise.allSettled(rigs.map(soak));
for (const result of results) {
  const line = result.status === 'fulfilled' ? `✓ ${result.value}` : `✗ ${result.reason}`;
  process.stdout.write(`${line}\n`);
}
process.exit(results.every(({ status }) => status === 'fulfilled') ? 0 : 1);

type Era = 'legacy' | 'modern';

async function begin(era: Era) {
  const rig = await startAskingRig({ era });
  return { era, rig, call: refund(era, rig.url, await rig.token()) };
}

async function soak({ era, rig, call }: Awaited<ReturnType<typeof begin>>): Promise<string> {
  try {
    const { id } = await pending(rig);
    await Promise.race([delay(WAIT_SECONDS * 1000), call]);
    await decide(rig, { id, act: 'approve' });
    const { text } = await call;
    if (text !== 'Refunded 1.') throw new Error(`the ${era} call was answered: ${text}`);
    const times = rig.server.journal.executions('refund');
    if (times !== 1) throw new Error(`the ${era} call ran ${times} times`);
    return `a ${era} call that waited ${WAIT_SECONDS} s for its approval went on, once`;
  } finally {
    await rig.close();
  }
}

async function refund(era: Era, url: string, token: string): Promise<ToolAnswer> {
  if (era === 'modern') return (await modernClient(url, token)).call('refund', { amount: 1 });
  const client = await legacyClient(url, token);
  const onprogress = (): void => {};
  for (;;) {
    const answer = await client.call('refund', { amount: 1 }, { onprogress });
    if (!answer.text.includes('Retry the identical call')) return answer;
  }
}
