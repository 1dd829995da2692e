// What other pages and hostile callers try on the console, in real Chromium.

import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import type { Browser } from 'playwright-core';
import { until } from '#e2e/journeys/until.ts';
import { openContext, screenshot, startChromium } from './chromium.ts';
import { type Stage, signIn, startStage } from './stage.ts';

describe('the console is guarded', () => {
  let browser: Browser;
  let stage: Stage;
  let attacker: Server;
  let evilPage = '';
  let evilUrl = '';
  before(async function () {
    this.timeout(120_000);
    browser = await startChromium();
    stage = await startStage();
    attacker = createServer((_, response) => {
      response.writeHead(200, { 'content-type': 'text/html' }).end(evilPage);
    });
    await new Promise<void>((resolve) => attacker.listen(0, '127.0.0.1', resolve));
    // The same site as the console, another origin: the most a foreign page can have.
    evilUrl = `http://localhost:${(attacker.address() as AddressInfo).port}/`;
  });
  after(async () => {
    await browser?.close();
    await new Promise((resolve) => attacker.close(resolve));
    await stage?.close();
  });

  it('against forms of other pages, which the browser sends with its cookies', async () => {
    await stage.call('refund', { amount: 1, customer: 'C-CSRF' });
    const context = await openContext(browser);
    const page = await signIn(context, stage.url, 'carol');
    await page.locator('.card', { hasText: 'C-CSRF' }).getByRole('link').first().click();
    await page.getByLabel('Why').waitFor();
    const target = page.url();
    const token = await page.locator('#decision input[name=form]').inputValue();
    evilPage = `<form method="post" action="${target}"><input name="form" value="${token}">
      <input name="act" value="approve"><input name="reason" value="evil"></form>
      <script>document.forms[0].submit()</script>`;

    const evil = await context.newPage();
    const answered = evil.waitForResponse(
      (response) => response.url() === target && response.request().method() === 'POST',
    );
    await evil.goto(evilUrl);
    const response = await answered;
    const sent = await response.request().allHeaders();
    await page.reload();

    expect(sent.cookie).to.include('__Host-gatehouse=');
    expect(response.status()).to.equal(403);
    expect(await page.locator('#standing').textContent()).to.include('Waiting');
    await context.close();
  });

  it('against being framed', async () => {
    const context = await openContext(browser);
    await signIn(context, stage.url, 'carol');
    evilPage = `<iframe src="${stage.url}/" width="800" height="600"></iframe>`;

    const evil = await context.newPage();
    await evil.goto(evilUrl);
    const frames = evil.frames().slice(1);

    expect(frames).to.have.lengthOf(1);
    expect(await frames[0]?.content()).to.not.include('Approvals');
    await context.close();
  });

  it('against being read by scripts of other pages', async () => {
    const context = await openContext(browser);
    await signIn(context, stage.url, 'carol');
    evilPage = '<p>evil</p>';
    const evil = await context.newPage();
    await evil.goto(evilUrl);

    const read = await evil.evaluate(
      (url) => fetch(url, { credentials: 'include' }).then((r) => r.text(), String),
      stage.url,
    );

    expect(read).to.include('TypeError');
    await context.close();
  });

  it('against markup and deceiving characters in arguments', async () => {
    const customer = `C-XSS"><script>window.pwned = 1</script><img src=x onerror="window.pwned = 2">`;
    await stage.call('refund', { amount: 1, customer, note: 'pay \u202e001 \u200b' });
    const context = await openContext(browser);
    const page = await signIn(context, stage.url, 'carol');

    await page.locator('.card', { hasText: 'C-XSS' }).getByRole('link').first().click();
    await page.getByRole('heading', { name: 'Arguments' }).waitFor();
    await screenshot(page, 'console-hostile');
    const shown = await page.locator('pre.json').textContent();

    expect(shown)
      .to.include('<script>window.pwned = 1</script>')
      .and.include('\\u{202e}001 \\u{200b}');
    expect(await page.evaluate('window.pwned')).to.equal(undefined);
    expect(await page.locator('pre.json script, pre.json img').count()).to.equal(0);
    await context.close();
  });

  it('against letters that run the other way and would swap what stands around them', async () => {
    const [right, left] = ['\u05d0\u05d1', '\u05d2\u05d3'];
    await stage.call('refund', { amount: 1, customer: 'C-RTL', [right]: left });
    const context = await openContext(browser);
    const page = await signIn(context, stage.url, 'carol');

    await page.locator('.card', { hasText: 'C-RTL' }).getByRole('link').first().click();
    await page.locator('pre.json .name', { hasText: right }).waitFor();
    await screenshot(page, 'console-right-to-left');
    const gap = await page.evaluate(`(() => {
      const names = [...document.querySelectorAll('pre.json .name')];
      const name = names.find((each) => each.textContent.includes('${right}'));
      const value = document.createRange();
      value.setStart(name.nextSibling, ': "'.length);
      value.setEnd(name.nextSibling, ': "xx'.length);
      return value.getBoundingClientRect().left - name.getBoundingClientRect().right;
    })()`);

    expect(gap).to.be.above(0);
    await context.close();
  });

  it('against arguments that are below an edge while somebody decides', async () => {
    const items = Array.from({ length: 60 }, (_, index) => `item ${index}`);
    await stage.call('refund', { amount: 1, customer: 'C-LONG', items, last: 'seen' });
    const context = await openContext(browser);
    const page = await signIn(context, stage.url, 'carol');

    await page.locator('.card', { hasText: 'C-LONG' }).getByRole('link').first().click();
    const shown = page.locator('pre.json');
    await shown.waitFor();
    const hidden = await page.evaluate(`(() => {
      const { scrollHeight, clientHeight } = document.querySelector('pre.json');
      return scrollHeight - clientHeight;
    })()`);

    expect(await shown.textContent()).to.include('"last": "seen"');
    expect(hidden).to.be.at.most(1);
    await context.close();
  });

  it('against scripts that found their way into a page after all', async () => {
    const context = await openContext(browser);
    const page = await signIn(context, stage.url, 'carol');
    const complaints: string[] = [];
    page.on('console', (message) => complaints.push(message.text()));

    await page.evaluate(`
      const script = document.createElement('script');
      script.textContent = 'window.pwned = 3';
      document.body.append(script);
      document.body.insertAdjacentHTML('beforeend', '<img src="x" onerror="window.pwned = 4">');
    `);
    await until('both attempts are refused', () => complaints.length >= 3);

    expect(await page.evaluate('window.pwned')).to.equal(undefined);
    expect(complaints.join('\n')).to.include('Content Security Policy');
    await context.close();
  });
});
