// Sessions in the console: who may read them, what their timelines say, and what was said.

import { expect } from 'chai';
import type { Browser, Page } from 'playwright-core';
import { seriousFaults } from './accessibility.ts';
import { openContext, screenshot, startChromium } from './chromium.ts';
import { type Stage, signIn, startStage } from './stage.ts';

describe('sessions in the console', () => {
  let browser: Browser;
  let stage: Stage;
  before(async function () {
    this.timeout(120_000);
    browser = await startChromium();
    stage = await startStage({ withKey: true });
    const refund = () => stage.call('refund', { amount: 40, customer: 'C-40' });
    await refund();
    const context = await openContext(browser);
    const page = await signIn(context, stage.url, 'carol');
    await page.locator('.card', { hasText: 'C-40' }).getByRole('link').first().click();
    await page.getByLabel('Why').fill('Known customer.');
    await page.getByRole('button', { name: 'Approve' }).click();
    await page.getByText('Your approval is recorded.').waitFor();
    await context.close();
    await refund();
    await stage.call('echo', { message: 'write to alice@corp.example' });
    await stage.call('delete_everything', {});
    await stage.call('echo', { message: 'of bob' }, 'bob');
  });
  after(async () => {
    await browser?.close();
    await stage?.close();
  });

  async function openSession(page: Page, who: string): Promise<void> {
    await page.goto(`${stage.url}/sessions`);
    await page.locator('tbody tr', { hasText: who }).getByRole('link').click();
    await page.locator('.timeline').waitFor();
  }

  it('are all for auditors, who filter them', async () => {
    const context = await openContext(browser);
    const page = await signIn(context, stage.url, 'erin');
    await page.getByRole('link', { name: 'Sessions' }).click();
    await page.getByRole('table').waitFor();
    await screenshot(page, 'console-sessions');
    const faults = await seriousFaults(page);
    const all = await page.locator('tbody').textContent();

    await page.getByLabel('With').selectOption('denied');
    await page.getByRole('button', { name: 'Filter' }).click();
    await page.waitForURL(/with=denied/);
    const denied = await page.locator('tbody').textContent();

    expect(all).to.include('alice').and.include('bob');
    expect(denied).to.include('alice').and.not.include('bob');
    expect(faults).to.deep.equal([]);
    await context.close();
  });

  it('are for everybody else their own alone', async () => {
    const erin = await openContext(browser);
    const auditor = await signIn(erin, stage.url, 'erin');
    await openSession(auditor, 'alice');
    const alices = auditor.url();
    const context = await openContext(browser);
    const page = await signIn(context, stage.url, 'bob');
    await page.goto(`${stage.url}/sessions`);
    const own = await page.locator('tbody').textContent();

    const foreign = await page.goto(alices);
    const replay = await page.goto(`${alices}/replay`);

    expect(own).to.include('bob').and.not.include('alice');
    expect([foreign?.status(), replay?.status()]).to.deep.equal([404, 404]);
    await Promise.all([erin.close(), context.close()]);
  });

  it('tell decision, rule, approval, outcome, and what was said as it was masked', async () => {
    const context = await openContext(browser);
    const page = await signIn(context, stage.url, 'erin');
    await openSession(page, 'alice');
    for (const summary of await page.locator('summary').all()) await summary.click();
    await screenshot(page, 'console-session');
    const faults = await seriousFaults(page);
    const timeline = (await page.locator('.timeline').textContent()) ?? '';

    expect(timeline).to.include('RequireApproval').and.include('policy-0/refunds');
    expect(timeline).to.include('approved by carol').and.include('“Known customer.”');
    expect(timeline).to.include('policy-0/no-deletes').and.include('tool:delete_everything');
    expect(timeline).to.include('Redact: email at').and.not.include('alice@corp.example');
    expect(faults).to.deep.equal([]);
    await context.close();
  });

  it('put on record who opened their messages, once in a visit', async () => {
    const context = await openContext(browser);
    const page = await signIn(context, stage.url, 'erin');
    const viewed = async () =>
      (await stage.rig.records()).filter(
        ({ type, principal }) => type === 'recording.viewed' && principal?.subject === 'erin',
      ).length;
    const before = await viewed();

    await openSession(page, 'bob');
    await page.reload();
    const after = await viewed();
    const { data, gatehouse } = stage.rig;
    const verified = await stage.rig.cli('evidence', 'verify', data, '--trust', gatehouse.trustKey);

    expect(after - before).to.equal(1);
    expect(verified.code).to.equal(0);
    await context.close();
  });

  it('are replayed step by step, by links, by keys and by themselves', async () => {
    const context = await openContext(browser);
    const page = await signIn(context, stage.url, 'erin');
    await openSession(page, 'bob');
    await page.getByRole('link', { name: 'Replay step by step' }).click();
    await page.getByText('1 of').first().waitFor();
    await page.getByRole('link', { name: 'Next' }).click();
    await page.getByText('2 of').first().waitFor();
    await screenshot(page, 'console-replay');
    const faults = await seriousFaults(page);
    await page.keyboard.press('ArrowLeft');
    await page.getByText('1 of').first().waitFor();
    await page.getByRole('button', { name: 'Play' }).click();
    await page.getByText('2 of').first().waitFor();

    expect(await page.locator('#replay pre').textContent()).to.include('of bob');
    expect(faults).to.deep.equal([]);
    await context.close();
  });

  it('are replayed without JavaScript too', async () => {
    const context = await openContext(browser, { javaScriptEnabled: false });
    const page = await signIn(context, stage.url, 'bob');
    await openSession(page, 'bob');

    await page.getByRole('link', { name: 'Replay step by step' }).click();
    await page.getByRole('link', { name: 'Next' }).click();
    await page.getByText('2 of').first().waitFor();

    expect(await page.getByRole('button', { name: 'Play' }).count()).to.equal(0);
    await context.close();
  });

  const looks = [
    { name: 'phone', viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true },
    { name: 'dark', viewport: { width: 1180, height: 860 }, colorScheme: 'dark' as const },
    {
      name: 'phone-dark',
      viewport: { width: 390, height: 844 },
      isMobile: true,
      colorScheme: 'dark' as const,
    },
  ];
  for (const { name, ...look } of looks) {
    it(`and approvals can be read: ${name}`, async () => {
      await stage.call('refund', { amount: 1, customer: `C-${name}` });
      const context = await openContext(browser, look);
      const page = await signIn(context, stage.url, 'carol');
      await page.getByText(`C-${name}`).first().waitFor();
      await screenshot(page, `console-inbox-${name}`);
      const faults = [...(await seriousFaults(page))];
      await page.locator('#mine .card').getByRole('link').first().click();
      await page.getByLabel('Why').waitFor();
      await screenshot(page, `console-request-${name}`);
      faults.push(...(await seriousFaults(page)));
      const erin = await openContext(browser, look);
      const auditor = await signIn(erin, stage.url, 'erin');
      await auditor.goto(`${stage.url}/sessions`);
      await screenshot(auditor, `console-sessions-${name}`);
      faults.push(...(await seriousFaults(auditor)));
      await openSession(auditor, 'alice');
      await auditor.locator('summary').first().click();
      await screenshot(auditor, `console-session-${name}`);
      faults.push(...(await seriousFaults(auditor)));

      const widths = await Promise.all(
        [page, auditor].map((each) =>
          each.evaluate<number>('document.documentElement.scrollWidth - window.innerWidth'),
        ),
      );

      expect(faults).to.deep.equal([]);
      expect(Math.max(...widths), 'scrolls sideways').to.equal(0);
      await Promise.all([context.close(), erin.close()]);
    });
  }
});
