// People decide in a browser: real Chromium, the real identity provider, a real call that waits.

import { expect } from 'chai';
import type { Browser, Page } from 'playwright-core';
import { spanText } from '#console/pages/times.ts';
import { LegacySession } from '#e2e/journeys/legacy-session.ts';
import { messageOf } from '#e2e/journeys/wire.ts';
import { seriousFaults } from './accessibility.ts';
import { openContext, screenshot, startChromium } from './chromium.ts';
import { pickUser, type Stage, signIn, startStage } from './stage.ts';

describe('deciding in the console', () => {
  let browser: Browser;
  let stage: Stage;
  before(async function () {
    this.timeout(120_000);
    browser = await startChromium();
    stage = await startStage();
  });
  after(async () => {
    await browser?.close();
    await stage?.close();
  });

  /** Opens the one request about this customer. */
  async function openRequest(page: Page, customer: string): Promise<void> {
    await page.goto(stage.url);
    await page.locator('.card', { hasText: customer }).getByRole('link').first().click();
    await page.getByRole('heading', { name: 'Arguments' }).waitFor();
  }

  it('begins with signing in, and says who one is', async () => {
    const context = await openContext(browser);
    const page = await context.newPage();
    await page.goto(`${stage.url}/approvals/anything`);
    await screenshot(page, 'console-welcome');
    const faults = await seriousFaults(page);

    await page.getByRole('link', { name: 'Sign in' }).click();
    await page.getByRole('link', { name: 'carol', exact: true }).click();
    await page.getByText('carol@corp.example').waitFor();
    const cookies = await context.cookies(stage.url);

    expect(faults).to.deep.equal([]);
    expect(new URL(page.url()).pathname).to.equal('/approvals/anything');
    expect(cookies).to.have.lengthOf(1);
    expect(cookies[0]).to.deep.include({
      name: '__Host-gatehouse',
      httpOnly: true,
      secure: true,
      sameSite: 'Lax',
      path: '/',
      domain: 'localhost',
    });
    await context.close();
  });

  it('lets a call through that was approved, and shows live what becomes of it', async () => {
    const call = () => stage.call('refund', { amount: 120, customer: 'C-1042' });
    const first = await call();
    const context = await openContext(browser);
    const page = await signIn(context, stage.url, 'carol');
    await page.getByText('C-1042').waitFor();
    await screenshot(page, 'console-inbox');
    const inboxFaults = await seriousFaults(page);
    await openRequest(page, 'C-1042');
    await screenshot(page, 'console-request');
    const requestFaults = await seriousFaults(page);

    await page.getByLabel('Why').fill('Checked with the customer.');
    await page.getByRole('button', { name: 'Approve' }).click();
    await page.getByText('Your approval is recorded.').waitFor();
    const second = await call();
    await page.getByText('Approved and used').waitFor();
    await screenshot(page, 'console-used');

    expect(first.result).to.have.property('resultType', 'input_required');
    expect(second.result?.content?.[0]?.text).to.equal('Refunded 120.');
    expect(inboxFaults).to.deep.equal([]);
    expect(requestFaults).to.deep.equal([]);
    await context.close();
  });

  it('lets people deny without JavaScript', async () => {
    await stage.call('refund', { amount: 99, customer: 'C-9999' });
    const context = await openContext(browser, { javaScriptEnabled: false });
    const page = await signIn(context, stage.url, 'dave');
    await openRequest(page, 'C-9999');

    await page.getByLabel('Why').fill('Not this customer.');
    await page.getByRole('button', { name: 'Deny' }).click();
    await page.getByText('Your denial is recorded').waitFor();
    await screenshot(page, 'console-denied');
    const again = await stage.call('refund', { amount: 99, customer: 'C-9999' });

    expect(await page.locator('#standing').textContent()).to.include('Denied');
    expect(again.result).to.have.property('isError', true);
    expect(again.result?.content?.[0]?.text).to.include('denied');
    await context.close();
  });

  it('brings new requests into an inbox that is open, and takes decided ones out', async () => {
    const context = await openContext(browser);
    const page = await signIn(context, stage.url, 'carol');
    await page.getByText('Nothing waits for you.').waitFor();

    await stage.call('refund', { amount: 7, customer: 'C-7777' });
    await page.locator('#mine', { hasText: 'C-7777' }).waitFor();
    const title = await page.title();
    const dave = await openContext(browser);
    const other = await signIn(dave, stage.url, 'dave');
    await openRequest(other, 'C-7777');
    await other.getByLabel('Why').fill('Fine.');
    await other.getByRole('button', { name: 'Approve' }).click();
    await page.locator('#granted', { hasText: 'C-7777' }).waitFor();

    expect(title).to.equal('(1) Approvals · Gatehouse');
    await page.getByText('Nothing waits for you.').waitFor();
    await Promise.all([context.close(), dave.close()]);
  });

  it('keeps what somebody types while the page changes around it', async () => {
    await stage.call('refund', { amount: 5, customer: 'C-5555' });
    const context = await openContext(browser);
    const page = await signIn(context, stage.url, 'carol');
    await openRequest(page, 'C-5555');

    await page.getByLabel('Why').fill('Half a sent');
    await page.waitForResponse((response) => response.url() === page.url());
    await page.waitForResponse((response) => response.url() === page.url());

    expect(await page.getByLabel('Why').inputValue()).to.equal('Half a sent');
    await context.close();
  });

  it('says so when a page that is open cannot be kept up to date any more', async () => {
    const context = await openContext(browser);
    const page = await signIn(context, stage.url, 'carol');
    const other = await context.newPage();
    await other.goto(stage.url);

    await other.getByRole('button', { name: 'Sign out' }).click();
    await page.getByText('You are signed out').waitFor();
    await screenshot(page, 'console-outdated');

    expect(await seriousFaults(page)).to.deep.equal([]);
    await context.close();
  });

  it('counts down in the words that the page was written in', async () => {
    const context = await openContext(browser);
    const page = await signIn(context, stage.url, 'carol');
    const spans = [0, 59_000, 61_000, 3_600_000, 86_399_000, 86_400_000, 200_000_000];

    const counted = await page.evaluate(`${JSON.stringify(spans)}.map(span)`);

    expect(counted).to.deep.equal(spans.map(spanText));
    await context.close();
  });

  it('offers the requester no decision, and refuses one that is sent all the same', async () => {
    await stage.call('refund', { amount: 66, customer: 'C-6666' });
    const context = await openContext(browser);
    const page = await signIn(context, stage.url, 'alice');
    await openRequest(page, 'C-6666');
    await screenshot(page, 'console-own');
    const buttons = await page.locator('#decision button').allTextContents();
    const faults = await seriousFaults(page);

    await page.locator('button[value=cancel]').evaluate((button) => {
      button.setAttribute('value', 'approve');
    });
    await page.locator('#decision textarea').fill('It is fine, I am me.');
    await page.locator('button[value=approve]').click();
    await page.getByRole('alert').waitFor();
    await screenshot(page, 'console-own-refused');

    expect(buttons).to.deep.equal(['Cancel the request']);
    expect(faults).to.deep.equal([]);
    expect(await page.getByRole('alert').textContent()).to.equal(
      'This is your own request; somebody else must decide it.',
    );
    expect(await page.locator('#standing').textContent()).to.include('Waiting');
    await context.close();
  });

  it('shows a requester who is no approver their own request alone', async () => {
    await stage.call('refund', { amount: 3, customer: 'C-3333' }, 'bob');
    const context = await openContext(browser);
    const page = await signIn(context, stage.url, 'alice');

    const text = await page.locator('main').textContent();

    expect(text).to.not.include('C-3333');
    await context.close();
  });

  it('is found by the address that a waiting client is told', async function () {
    this.timeout(120_000);
    const legacy = await startStage({ era: 'legacy' });
    const context = await openContext(browser);
    try {
      const session = await LegacySession.open(legacy.rig.url, await legacy.rig.token('alice'));
      const refund = (id: number) =>
        session.post({
          id,
          method: 'tools/call',
          params: { name: 'refund', arguments: { amount: 21 } },
        });
      const [url = ''] = /https?:[^\s"\\]+\/approvals\/[\w-]+/.exec((await refund(1)).text) ?? [];
      const page = await context.newPage();
      await page.goto(url);
      await page.getByRole('link', { name: 'Sign in' }).click();
      await pickUser(page, 'carol');
      await page.getByLabel('Why').fill('Fine.');
      await page.getByRole('button', { name: 'Approve' }).click();
      await page.getByText('Your approval is recorded.').waitFor();
      await page.getByLabel('Why').fill('Not fine after all.');
      await page.getByRole('button', { name: 'Take the approval back' }).click();
      await page.getByText('The approval is taken back.').waitFor();
      await screenshot(page, 'console-revoked');

      const after = messageOf(await refund(2));

      expect(page.url()).to.equal(url);
      expect(new URL(url).origin).to.equal(legacy.url);
      expect(after.result).to.have.property('isError', true);
      expect(after.result?.content?.[0]?.text).to.include('Not fine after all.');
    } finally {
      await context.close();
      await legacy.close();
    }
  });
});
