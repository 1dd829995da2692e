// Signing in to the console with the real identity provider: what opens a visit, and what does not.

import { expect } from 'chai';
import type { Browser } from 'playwright-core';
import { ConsoleBench } from '#console/console.testkit.ts';
import { TERMS } from '#core/approvals/approvals.testkit.ts';
import { seriousFaults } from './accessibility.ts';
import { openContext, screenshot, startChromium } from './chromium.ts';
import { pickUser, type Stage, signIn, startStage } from './stage.ts';

describe('signing in to the console', () => {
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

  it('takes the provider’s own session when it is fresh, and a new login when asked anew', async () => {
    const context = await openContext(browser);
    const page = await signIn(context, stage.url, 'carol');

    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('link', { name: 'Sign in' }).click();
    await page.getByRole('button', { name: 'Sign out' }).waitFor();
    await page.goto(`${stage.url}/sign-in?anew=1&to=/sessions`);
    await page.getByRole('heading', { name: 'Sign in as' }).waitFor();
    await pickUser(page, 'carol');

    expect(page.url()).to.equal(`${stage.url}/sessions`);
    await context.close();
  });

  it('ends with signing out: the cookie of before opens nothing', async () => {
    const context = await openContext(browser);
    const page = await signIn(context, stage.url, 'carol');
    const before = await context.cookies(stage.url);

    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('link', { name: 'Sign in' }).waitFor();
    await context.addCookies(before);
    await page.goto(stage.url);

    expect(await page.getByRole('link', { name: 'Sign in' }).count()).to.equal(1);
    await context.close();
  });

  it('is bound to the browser that began, and can be finished once', async () => {
    const [mine, theirs] = [await openContext(browser), await openContext(browser)];
    const [page, other] = [await mine.newPage(), await theirs.newPage()];
    let callback = '';
    page.on('request', (request) => {
      if (request.url().includes('/sign-in/callback')) callback = request.url();
    });
    await page.goto(`${stage.url}/sign-in`);
    await pickUser(page, 'carol');

    const again = await page.goto(callback);
    const elsewhere = await other.goto(callback);
    await screenshot(other, 'console-sign-in-unknown');

    expect(callback).to.include('code=');
    expect([again?.status(), elsewhere?.status()]).to.deep.equal([400, 400]);
    expect(await theirs.cookies(stage.url)).to.deep.equal([]);
    await Promise.all([mine.close(), theirs.close()]);
  });

  it('gives a new secret each time, and the one before opens nothing', async () => {
    const context = await openContext(browser);
    const page = await signIn(context, stage.url, 'dave');
    const before = await context.cookies(stage.url);
    await page.goto(`${stage.url}/sign-in?anew=1`);
    await pickUser(page, 'carol');
    const after = await context.cookies(stage.url);

    await context.addCookies(before);
    await page.goto(stage.url);

    expect(after).to.have.lengthOf(1);
    expect(after[0]?.value)
      .to.match(/^[\w-]{43}$/)
      .and.not.equal(before[0]?.value);
    expect(await page.getByRole('link', { name: 'Sign in' }).count()).to.equal(1);
    await context.close();
  });

  it('is refused to somebody whose address nobody verified', async () => {
    const context = await openContext(browser);
    const page = await context.newPage();
    await page.goto(`${stage.url}/sign-in`);

    await page.getByRole('link', { name: 'mallory', exact: true }).click();
    await page.getByRole('heading', { name: 'You cannot decide here' }).waitFor();
    await screenshot(page, 'console-refused');
    const recorded = (await stage.rig.records()).filter(({ type }) => type === 'auth.failed');

    expect(await page.locator('main').textContent()).to.include('verified person claim');
    expect(recorded.map(({ detail }) => detail?.door)).to.deep.equal(['console']);
    expect(await context.cookies(stage.url)).to.deep.equal([]);
    expect(await seriousFaults(page)).to.deep.equal([]);
    await context.close();
  });

  it('says so when the provider does not let somebody in, repeating nothing of what it sent', async () => {
    const context = await openContext(browser);
    const page = await context.newPage();
    await page.goto(`${stage.url}/sign-in`);

    const response = await page.goto(
      `${stage.url}/sign-in/callback?error=access_denied&error_description=SPOOFED&state=x`,
    );

    expect(response?.status()).to.equal(403);
    expect(await page.content()).to.not.include('SPOOFED');
    await context.close();
  });

  it('works by an access token for an audience of its own, where the policy says so', async function () {
    this.timeout(120_000);
    const audience = 'https://approvals.corp.example';
    const flags = ['--console-client', 'gatehouse-approvals'];
    const apart = await startStage({ audience, flags });
    const context = await openContext(browser);
    try {
      await apart.call('refund', { amount: 1, customer: 'C-1' });
      const page = await signIn(context, apart.url, 'carol');

      await page.locator('#mine', { hasText: 'C-1' }).waitFor();
    } finally {
      await context.close();
      await apart.close();
    }
  });

  it('waits for a provider that is down, and says that nothing was done', async () => {
    const context = await openContext(browser);
    const page = await context.newPage();
    await page.goto(`${stage.url}/sign-in`);
    const login = page.url();
    await stage.rig.provider.stop();

    const response = await page.goto(`${stage.url}/sign-in/callback?code=x&state=y`);
    await stage.rig.provider.resume();
    await page.goto(login);
    await page.getByRole('heading', { name: 'Sign in as' }).waitFor();

    expect(response?.status()).to.be.oneOf([403, 503]);
    await context.close();
  });

  it('is asked for again after 15 minutes by whoever wants to decide', async () => {
    const bench = await ConsoleBench.start();
    const context = await openContext(browser);
    try {
      const id = await bench.ask('stale', TERMS.pendingTtlSeconds * 4);
      const { cookie } = await bench.visit('carol');
      const value = cookie.slice(cookie.indexOf('=') + 1);
      await context.addCookies([
        { name: '__Host-gatehouse', value, domain: '127.0.0.1', path: '/', secure: true },
      ]);
      const page = await context.newPage();
      await page.goto(`${bench.origin}/approvals/${id}`);
      await page.getByLabel('Why').fill('Half a sentence');
      bench.pass(16 * 60);

      await page.getByRole('button', { name: 'Approve' }).click();
      await page.getByRole('link', { name: 'Sign in again' }).waitFor();
      await screenshot(page, 'console-stale');

      expect(await page.getByRole('button', { name: 'Approve' }).count()).to.equal(0);
      expect(await seriousFaults(page)).to.deep.equal([]);
    } finally {
      await context.close();
      await bench.close();
    }
  });
});
