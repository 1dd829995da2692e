// Two gateways on one Redis, the console beside one of them: what waits at the other is decided here, and
// what was done there is read here.

import { expect } from 'chai';
import type { Browser } from 'playwright-core';
import { until } from '#e2e/journeys/until.ts';
import { callTool, messageOf, modern, send } from '#e2e/journeys/wire.ts';
import { type Gatehouse, startGatehouse } from '#e2e/servers/gatehouse.ts';
import { startRedis, type TestRedis } from '#platform/redis/redis-server.fixture.ts';
import { openContext, startChromium } from './chromium.ts';
import { type Stage, signIn, startStage } from './stage.ts';

describe('the console of gateways that share a Redis', () => {
  let browser: Browser;
  let redis: TestRedis;
  let stage: Stage;
  let other: Gatehouse;
  before(async function () {
    this.timeout(120_000);
    browser = await startChromium();
    redis = await startRedis();
    const flags = ['--redis', redis.url];
    stage = await startStage({ flags, withKey: true });
    const { policyFiles, server, data } = stage.rig;
    other = await startGatehouse({
      policies: policyFiles,
      upstream: server.url,
      data,
      flags: [...flags, '--hold-seconds', '0'],
    });
  });
  after(async () => {
    await browser?.close();
    await other?.close();
    await stage?.close();
    await redis?.stop();
  });

  /** Alice calls at the gateway that has no console. */
  async function refund() {
    const token = await stage.rig.token('alice', { audience: other.url });
    const asked = callTool('refund', { amount: 8, customer: 'C-8' });
    return messageOf(await send(other.url, modern(token, asked)));
  }

  it('decides what waits at the other, and tells what was said there', async function () {
    this.timeout(120_000);
    await refund();
    const context = await openContext(browser);
    const page = await signIn(context, stage.url, 'carol');
    await page.locator('.card', { hasText: 'C-8' }).getByRole('link').first().click();
    await page.getByLabel('Why').fill('Fine.');
    await page.getByRole('button', { name: 'Approve' }).click();
    await page.getByText('Your approval is recorded.').waitFor();

    const done = await refund();
    const erin = await openContext(browser);
    const auditor = await signIn(erin, stage.url, 'erin');
    await auditor.goto(`${stage.url}/sessions`);
    await auditor.locator('tbody tr', { hasText: 'alice' }).getByRole('link').click();
    for (const summary of await auditor.locator('summary').all()) await summary.click();
    const timeline = await auditor.locator('.timeline').textContent();

    expect(done.result?.content?.[0]?.text).to.equal('Refunded 8.');
    expect(timeline).to.include('approved by carol').and.include('Refunded 8.');
    await Promise.all([context.close(), erin.close()]);
  });

  it('says so when the evidence cannot be reached', async function () {
    this.timeout(120_000);
    const context = await openContext(browser);
    const page = await signIn(context, stage.url, 'erin');
    await redis.stop();

    // Who looks again within two seconds is shown the same reading.
    await until('the last reading to be over', async () => {
      const response = await page.goto(`${stage.url}/sessions`);
      return response?.status() === 503;
    });
    const text = await page.locator('main').textContent();

    expect(text).to.include('Sessions cannot be read now');
    await context.close();
  });
});
