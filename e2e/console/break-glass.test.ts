// In an emergency, in a browser: somebody breaks the glass, the call goes on, somebody else reviews it.

import { expect } from 'chai';
import type { Browser, Page } from 'playwright-core';
import { seriousFaults } from './accessibility.ts';
import { openContext, screenshot, startChromium } from './chromium.ts';
import { type Stage, signIn, startStage } from './stage.ts';

describe('breaking glass in the console', function () {
  this.timeout(60_000);
  let browser: Browser;
  let stage: Stage;
  before(async function () {
    this.timeout(120_000);
    browser = await startChromium();
    stage = await startStage({ finance: { breakGlass: { groups: ['support'] } } });
  });
  after(async () => {
    await browser?.close();
    await stage?.close();
  });

  const refund = (amount: number, customer: string) => stage.call('refund', { amount, customer });

  async function openRequest(page: Page, customer: string): Promise<void> {
    await page.goto(stage.url);
    await page.locator('.card', { hasText: customer }).getByRole('link').first().click();
    await page.getByRole('heading', { name: 'Arguments' }).waitFor();
  }

  async function smash(page: Page, customer: string, shot?: string): Promise<readonly string[]> {
    await openRequest(page, customer);
    await page.getByRole('link', { name: 'Break the glass…' }).click();
    await page.getByLabel('Why it cannot wait').fill('Payments are down.');
    if (shot !== undefined) await screenshot(page, shot);
    const faults = shot === undefined ? [] : await seriousFaults(page);
    await page.getByRole('button', { name: 'Break the glass' }).click();
    await page.getByText('The glass is broken: the call goes on.').waitFor();
    return faults;
  }

  it('lets the call go on, and brings it to somebody else for review', async () => {
    await refund(120, 'C-1042');
    const [oncall, finance] = [await openContext(browser), await openContext(browser)];
    const bob = await signIn(oncall, stage.url, 'bob');
    const carol = await signIn(finance, stage.url, 'carol');
    await carol.goto(stage.url);

    const faults = [...(await smash(bob, 'C-1042', 'console-break-glass'))];
    const heard = await refund(120, 'C-1042');
    await carol.getByRole('link', { name: 'One call went on without a decision' }).click();
    await carol.getByText('you may review it').waitFor();
    await screenshot(carol, 'console-reviews');
    faults.push(...(await seriousFaults(carol)));
    await carol.locator('.card', { hasText: 'Payments are down.' }).getByRole('link').click();
    await carol.getByLabel('What you find').fill('They were.');
    await screenshot(carol, 'console-review');
    faults.push(...(await seriousFaults(carol)));
    await carol.getByRole('button', { name: 'It was justified' }).click();
    await carol.getByText('Your review is recorded.').waitFor();
    await bob.getByText('finds it justified').waitFor();
    await bob.getByText('Glass broken and used').waitFor();
    await screenshot(bob, 'console-reviewed');

    expect(heard.result?.content?.[0]?.text).to.equal('Refunded 120.');
    expect(faults).to.deep.equal([]);
    await Promise.all([oncall.close(), finance.close()]);
  });

  it('does all of it without JavaScript', async () => {
    await refund(77, 'C-7700');
    const quiet = { javaScriptEnabled: false };
    const [oncall, finance] = [
      await openContext(browser, quiet),
      await openContext(browser, quiet),
    ];
    await smash(await signIn(oncall, stage.url, 'bob'), 'C-7700');

    const dave = await signIn(finance, stage.url, 'dave');
    await dave.goto(`${stage.url}/reviews`);
    await dave.locator('#open .card').getByRole('link').click();
    await dave.getByLabel('What you find').fill('It could wait.');
    await dave.getByRole('button', { name: 'It was not' }).click();
    await dave.getByText('Your review is recorded.').waitFor();
    await dave.goto(`${stage.url}/reviews`);

    expect(await dave.locator('#done').textContent()).to.include('not justified, “It could wait.”');
    await Promise.all([oncall.close(), finance.close()]);
  });

  it('reads in the dark and on a phone', async () => {
    const looks = [
      ['dark', { colorScheme: 'dark' }],
      ['phone', { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2 }],
    ] as const;
    const faults: string[] = [];
    for (const [name, look] of looks) {
      await refund(31, `C-${name}`);
      const [oncall, finance] = [
        await openContext(browser, look),
        await openContext(browser, look),
      ];
      const bob = await signIn(oncall, stage.url, 'bob');
      faults.push(...(await smash(bob, `C-${name}`, `console-break-glass-${name}`)));
      const carol = await signIn(finance, stage.url, 'carol');
      await carol.goto(`${stage.url}/reviews`);
      await screenshot(carol, `console-reviews-${name}`);
      faults.push(...(await seriousFaults(carol)));
      await carol.locator('#open .card').first().getByRole('link').click();
      await carol.getByLabel('What you find').waitFor();
      await screenshot(carol, `console-review-${name}`);
      faults.push(...(await seriousFaults(carol)));
      const wide = await carol.evaluate('document.body.scrollWidth > innerWidth');
      expect(wide, name).to.equal(false);
      await Promise.all([oncall.close(), finance.close()]);
    }

    expect(faults).to.deep.equal([]);
  });

  it('offers no review to whoever broke it, nor the glass to whoever may not break it', async () => {
    await refund(9, 'C-9000');
    const [oncall, finance] = [await openContext(browser), await openContext(browser)];
    const carol = await signIn(finance, stage.url, 'carol');
    await openRequest(carol, 'C-9000');
    const offered = await carol.getByRole('link', { name: 'Break the glass…' }).isVisible();
    const bob = await signIn(oncall, stage.url, 'bob');
    await smash(bob, 'C-9000');

    expect(offered).to.equal(false);
    expect(await bob.getByLabel('What you find').count()).to.equal(0);
    await Promise.all([oncall.close(), finance.close()]);
  });
});
