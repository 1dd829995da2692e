// Real Chromium, as Debian packages it, driven by playwright-core. One for a whole file of tests; each test
// has a context of its own, which is a browser that nobody has used yet.

import { mkdirSync } from 'node:fs';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { chromiumPath } from '#e2e/test-programs.ts';

const SCREENSHOTS = 'out/screenshots';
/** A page that is slower than this is broken, even on a busy machine. */
const TIMEOUT_MS = 20_000;

export function startChromium(): Promise<Browser> {
  const executablePath = chromiumPath();
  if (executablePath === undefined) {
    throw new Error(
      'these tests need Chromium; run: apt-get install -y --no-install-recommends chromium',
    );
  }
  // Its sandbox needs a user that is not root, which builds often have not.
  return chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] });
}

export type Looks = Parameters<Browser['newContext']>[0];

export async function openContext(browser: Browser, looks: Looks = {}): Promise<BrowserContext> {
  const context = await browser.newContext({ viewport: { width: 1180, height: 860 }, ...looks });
  context.setDefaultTimeout(TIMEOUT_MS);
  return context;
}

/** Kept as an artefact, for whoever wants to see what people see. */
export async function screenshot(page: Page, name: string): Promise<void> {
  mkdirSync(SCREENSHOTS, { recursive: true });
  await page.screenshot({ path: `${SCREENSHOTS}/${name}.png`, fullPage: true });
}
