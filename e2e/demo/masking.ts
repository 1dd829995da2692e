// The part of the demo in which something must not leave: said to a tool, and masked in what comes back.

import { CUSTOMER } from '#e2e/servers/content/demo-tools.ts';
import type { DemoClient } from './clients.ts';
import { kept, quote } from './narrate.ts';

/** `echo` says what it was told: that the rest comes back shows that the server was told all of it. */
export async function masks(client: DemoClient, contentType: string): Promise<void> {
  const { email, card, ssn } = CUSTOMER;
  const message = `Refund ${card} of ${email} (SSN ${ssn}), 12.50 please`;
  const result = await client.call('echo', { message });
  const masked =
    'Refund [REDACTED:credit_card] of [REDACTED:email] (SSN [REDACTED:us_ssn]), 12.50 please';
  kept(
    'a card, an address and a social security number are redacted; every other byte is as it came',
    result.text.endsWith(masked) && result.contentType === contentType,
    JSON.stringify(result),
  );
  quote(result.text);
}

/** The client holds the result to the schema of the tool, and takes it. */
export async function masksContent(client: DemoClient): Promise<void> {
  const result = await client.call('customer', { id: 'c-42' });
  const hides = [...Object.values(CUSTOMER), '123456'].every((each) => !result.text.includes(each));
  kept(
    'structured content is masked too, and still fits the outputSchema that the client checks',
    hides && !result.isError && result.text.includes('c-42'),
    JSON.stringify(result),
  );
  quote(result.text);
}
