// Tools for journeys: small, named after what a reader expects, some of them dangerous on purpose.
// Each run is counted in the journal, so that "it never happened" can be asserted.

import { setTimeout as delay } from 'node:timers/promises';
import * as z from 'zod';
import { readClaims } from './claims.ts';
import { type FixtureTool, NO_ARGUMENTS, text, tool } from './tool.ts';

/** Longer than the soak waits. */
const MAX_SLOW_MS = 600_000;
const MAX_STREAM_EVENTS = 1000;

/** Numbers that networks and offices publish for tests and examples. */
export const CUSTOMER = {
  email: 'ada.example@example.com',
  card: '4012 8888 8888 1881',
  ssn: '219-09-9999',
} as const;

export const demoTools: readonly FixtureTool[] = [
  tool({
    name: 'echo',
    description: 'Says what it was told.',
    inputSchema: z.object({ message: z.string() }),
    run: ({ message }) => text(message),
  }),
  tool({
    name: 'add',
    description: 'Adds two numbers.',
    inputSchema: z.object({ a: z.number(), b: z.number() }),
    run: ({ a, b }) => ({ ...text(String(a + b)), structuredContent: { sum: a + b } }),
  }),
  tool({
    name: 'refund',
    description: 'Refunds an amount to a customer.',
    inputSchema: z.object({ amount: z.number(), customer: z.string().optional() }),
    run: ({ amount }) => text(`Refunded ${amount}.`),
  }),
  tool({
    name: 'customer',
    description: 'Looks a customer up.',
    inputSchema: z.object({ id: z.string() }),
    outputSchema: z.object({
      id: z.string(),
      email: z.email(),
      card: z.string().regex(/^[0-9]{4}(?: [0-9]{4}){3}$/),
      salary: z.number().min(0),
      since: z.iso.date(),
      notes: z.array(z.string()),
    }),
    run: ({ id }) => {
      const { email, card, ssn } = CUSTOMER;
      const notes = [`SSN ${ssn}, mail ${email}`, 'likes tea'];
      const customer = { id, email, card, salary: 123_456, since: '2019-04-01', notes };
      return { ...text(JSON.stringify(customer)), structuredContent: customer };
    },
  }),
  tool({
    name: 'delete_everything',
    description: 'Deletes everything. Nobody should be able to call this.',
    inputSchema: NO_ARGUMENTS,
    run: () => text('Everything is gone.'),
  }),
  tool({
    name: 'slow',
    description: 'Takes its time, and stops early when it is cancelled.',
    inputSchema: z.object({ ms: z.number().int().min(0).max(MAX_SLOW_MS) }),
    run: async ({ ms }, call) => {
      const signal = AbortSignal.any([call.signal, call.journal.ending]);
      await delay(ms, undefined, { signal }).catch(() => {});
      if (call.signal.aborted) {
        call.journal.cancelled('slow');
        return { ...text('Cancelled.'), isError: true };
      }
      return text(`Waited ${ms} ms.`);
    },
  }),
  tool({
    name: 'stream',
    description: 'Reports progress n times, then answers.',
    inputSchema: z.object({
      n: z.number().int().min(1).max(MAX_STREAM_EVENTS),
      everyMs: z.number().int().min(0).max(MAX_SLOW_MS).optional(),
    }),
    run: async ({ n, everyMs }, call) => {
      for (let step = 1; step <= n; step += 1) {
        await call.progress(step, n);
        if (everyMs) await delay(everyMs);
      }
      return text(`Sent ${n} progress events.`);
    },
  }),
  tool({
    name: 'counter',
    description: 'Says how many times it really ran.',
    inputSchema: NO_ARGUMENTS,
    run: (_args, call) => text(String(call.journal.executions('counter'))),
  }),
  tool({
    name: 'whoami',
    description:
      'Shows the request headers that the server saw and the claims of the bearer token.',
    inputSchema: NO_ARGUMENTS,
    run: (_args, call) =>
      text(
        JSON.stringify({ headers: call.headers, claims: readClaims(call.headers.authorization) }),
      ),
  }),
];
