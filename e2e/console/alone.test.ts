// Two consoles of their own behind a plain hop, gateways of two namespaces at which nobody decides, one Redis:
// people sign in at one console and decide at the other, and what they decide is done at either gateway.

import { expect } from 'chai';
import type { Browser, Page } from 'playwright-core';
import { gatehouse } from '#e2e/demo/cli.ts';
import { until } from '#e2e/journeys/until.ts';
import { bearer, callTool, modern, send } from '#e2e/journeys/wire.ts';
import { seriousFaults } from './accessibility.ts';
import { type AloneStage, AUDIENCE, BOTH, startAloneStage } from './alone-stage.ts';
import { openContext, screenshot, startChromium } from './chromium.ts';
import { signIn } from './stage.ts';

describe('consoles of their own', function () {
  this.timeout(180_000);
  let browser: Browser;
  let stage: AloneStage;
  before(async () => {
    browser = await startChromium();
    stage = await startAloneStage();
  });
  after(async () => {
    await browser?.close();
    await stage?.close();
  });

  async function open(page: Page, customer: string): Promise<void> {
    await page.goto(stage.url);
    await page.locator('.card', { hasText: customer }).getByRole('link').first().click();
    await page.getByLabel('Why').waitFor();
  }

  async function approve(page: Page): Promise<void> {
    await page.getByLabel('Why').fill('Checked with the customer.');
    await page.getByRole('button', { name: 'Approve' }).click();
    await page.getByText('Your approval is recorded.').waitFor();
  }

  async function verify(namespace: string) {
    const words = ['evidence', 'verify', stage.redis.url, '--redis-namespace', namespace];
    const { code, stdout } = await gatehouse(...words, '--trust', stage.trustKey, '--json');
    return { code, ...JSON.parse(stdout) };
  }

  it('are signed in to at one, decide at the other, and let the call through at another gateway', async () => {
    const [one, two] = stage.payments;
    const asked = await stage.call(one, 'refund', { amount: 5, customer: 'C-1' });
    const context = await openContext(browser);
    const page = await signIn(context, stage.url, 'carol');

    await open(page, 'C-1');
    await approve(page);
    const done = await stage.call(two, 'refund', { amount: 5, customer: 'C-1' });

    expect(asked.result?.resultType).to.equal('input_required');
    expect(done.result?.content?.[0]?.text).to.equal('Refunded 5.');
    expect(await verify('payments')).to.deep.include({
      code: 0,
      verdict: 'verified',
      problems: [],
    });
    await context.close();
  });

  it('show what waits in every namespace, each under its own policy', async () => {
    await stage.call(stage.payments[0], 'refund', { amount: 6, customer: 'C-pay' });
    const told = await stage.call(stage.support, 'refund', { amount: 7, customer: 'C-sup' });
    const context = await openContext(browser);
    const page = await signIn(context, stage.url, 'carol');

    const inbox = (await page.locator('#mine').textContent()) ?? '';
    await screenshot(page, 'console-namespaces');
    const inboxFaults = await seriousFaults(page);
    await open(page, 'C-sup');
    const request = (await page.locator('main').textContent()) ?? '';
    await screenshot(page, 'console-namespace-request');

    expect(told.result?.content?.[0]?.text).to.include(`${stage.url}/approvals/`);
    expect(inbox).to.include('namespace payments').and.include('namespace support');
    expect(request).to.include('Refunds of support move money.');
    expect(inboxFaults).to.deep.equal([]);
    expect(await seriousFaults(page)).to.deep.equal([]);
    await context.close();
  });

  it('read what was said in every namespace, for those who may', async () => {
    const context = await openContext(browser);
    const page = await signIn(context, stage.url, 'erin');

    await page.goto(`${stage.url}/sessions`);
    const listed = (await page.locator('tbody').textContent()) ?? '';
    await page.locator('tbody tr', { hasText: 'payments' }).getByRole('link').first().click();
    const timeline = await page.locator('.timeline').textContent();

    expect(listed).to.include('payments').and.include('support');
    expect(timeline).to.include('refund');
    await context.close();
  });

  it('go by new policies as a ConfigMap brings them, without a restart', async () => {
    const context = await openContext(browser);
    const page = await signIn(context, stage.url, 'carol');
    await page.getByText('C-sup').first().waitFor();

    const atBoth = async (shows: (text: string) => boolean) => {
      for (const _ of stage.consoles) {
        await page.goto(stage.url);
        if (!shows((await page.locator('main').textContent()) ?? '')) return false;
      }
      return true;
    };

    await stage.mount({ payments: 'finance' });
    await until('support to be gone', () =>
      atBoth((text) => text.includes('C-pay') && !text.includes('C-sup')),
    );
    await stage.mount(BOTH);
    await until('support to be back', () => atBoth((text) => text.includes('C-sup')));

    expect(await verify('support')).to.deep.include({ code: 0, problems: [] });
    await context.close();
  });

  it('are signed out of everywhere at once', async () => {
    const context = await openContext(browser);
    const page = await signIn(context, stage.url, 'carol');
    const cookies = await context.cookies();

    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('link', { name: 'Sign in' }).waitFor();
    await context.addCookies(cookies);
    const statuses = [await page.goto(stage.url), await page.goto(stage.url)].map((answer) =>
      answer?.status(),
    );

    expect(statuses).to.deep.equal([401, 401]);
    await context.close();
  });

  it('put sign-ins that prove nobody on record, and verify takes it', async () => {
    const context = await openContext(browser);
    const page = await context.newPage();
    await page.goto(stage.url);
    await page.getByRole('link', { name: 'Sign in' }).click();
    await page.getByRole('link', { name: 'mallory', exact: true }).click();
    await page.getByText('You cannot decide here').waitFor();

    const verified = await verify('support');

    expect(verified).to.deep.include({ code: 0, verdict: 'verified', problems: [] });
    // Gateways, and a lane of each console.
    expect(verified.lanes).to.be.at.least(3);
    await context.close();
  });

  it('take decisions of programs at the API, with a token for approvals and no other', async () => {
    await stage.call(stage.payments[0], 'refund', { amount: 9, customer: 'C-api' });
    const api = `${stage.url}/api/namespaces/payments`;
    const tokenOf = (audience: string) => stage.provider.token({ sub: 'carol', audience });
    const list = (token: string) =>
      send(`${api}/approvals?state=PENDING`, { method: 'GET', headers: [bearer(token)] });

    const listed = JSON.parse((await list(await tokenOf(AUDIENCE))).text);
    const foreign = await list(await tokenOf(stage.payments[0].url));
    const elsewhere = await send(`${stage.url}/api/namespaces/nowhere/approvals`, {
      method: 'GET',
      headers: [bearer(await tokenOf(AUDIENCE))],
    });

    expect(listed.approvals.map(({ tool }: { tool: string }) => tool)).to.include('refund');
    expect([foreign.status, elsewhere.status]).to.deep.equal([401, 404]);
  });

  it('are the only place: an approver’s token approves nothing at a gateway, over MCP or beside it', async () => {
    const [gateway] = stage.payments;
    const token = await stage.provider.token({ sub: 'carol', audience: AUDIENCE });
    await stage.call(gateway, 'refund', { amount: 3, customer: 'C-mcp' });

    const overMcp = await send(gateway.url, modern(token, callTool('refund', { amount: 3 })));
    const beside = await send(`${gateway.adminUrl}/approvals`, {
      method: 'GET',
      headers: [bearer(token)],
    });
    const again = await stage.call(gateway, 'refund', { amount: 3, customer: 'C-mcp' });

    expect(overMcp.status).to.equal(401);
    expect(beside.status).to.equal(421);
    expect(JSON.parse(beside.text).reason).to.include(stage.url);
    expect(again.result?.resultType).to.equal('input_required');
  });

  it('lose nothing when one is killed: who is signed in goes on at the other', async () => {
    const [one, two] = stage.payments;
    await stage.call(one, 'refund', { amount: 4, customer: 'C-kill' });
    const context = await openContext(browser);
    const page = await signIn(context, stage.url, 'carol');
    await open(page, 'C-kill');

    stage.consoles[0].child.kill('SIGKILL');
    await until('it is gone', () => stage.consoles[0].child.hasExited);
    await approve(page);
    const done = await stage.call(two, 'refund', { amount: 4, customer: 'C-kill' });
    await stage.addConsole();

    expect(done.result?.content?.[0]?.text).to.equal('Refunded 4.');
    expect(await verify('payments')).to.deep.include({
      code: 0,
      verdict: 'verified',
      problems: [],
    });
    await context.close();
  });

  it('say so while Redis is away, decide nothing, stay ready, and go on when it is back', async () => {
    const [one] = stage.payments;
    await stage.call(one, 'refund', { amount: 2, customer: 'C-down' });
    const context = await openContext(browser);
    const page = await signIn(context, stage.url, 'carol');
    await open(page, 'C-down');

    stage.redis.freeze();
    await page.getByLabel('Why').fill('Too late.');
    await page.getByRole('button', { name: 'Approve' }).click();
    await page.getByRole('heading', { name: 'Nobody can be known now' }).waitFor();
    await screenshot(page, 'console-redis-away');
    const faults = await seriousFaults(page);
    const ready = await fetch(`${stage.consoles[1].adminUrl}/readyz`);
    stage.redis.thaw();
    await until('pages again', async () => (await page.goto(stage.url))?.status() === 200);
    const still = await stage.call(one, 'refund', { amount: 2, customer: 'C-down' });
    await open(page, 'C-down');
    await approve(page);

    expect(faults).to.deep.equal([]);
    expect(ready.status).to.equal(200);
    expect(still.result?.resultType).to.equal('input_required');
    await context.close();
  });
});
