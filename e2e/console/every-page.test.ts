// Every page of the console, in each of its states that people meet, as a browser shows it: in daylight, in the dark, and
// on a phone. Kept as pictures; none has a serious fault of accessibility, and none scrolls sideways.

import { readdirSync, readFileSync } from 'node:fs';
import { expect } from 'chai';
import type { Browser, BrowserContext } from 'playwright-core';
import { ConsoleBench } from '#console/console.testkit.ts';
import { type EvidenceFixture, writeEvidence } from '#console/evidence.fixture.ts';
import { GLASS_TERMS, request } from '#core/approvals/approvals.testkit.ts';
import { caller } from '#core/approvals/desk.testkit.ts';
import { VisitStoreFault } from '#core/identity/visit-store.ts';
import { seriousFaults } from './accessibility.ts';
import { type Looks, openContext, screenshot, startChromium } from './chromium.ts';

const LOOKS: readonly (readonly [name: string, look: Looks])[] = [
  ['day', {}],
  ['dark', { colorScheme: 'dark' }],
  ['phone', { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true }],
];

const PAGES = new URL('../../console/pages/', import.meta.url);
const DAY_SECONDS = 24 * 60 * 60;
const ONCALL = { groups: ['oncall'] };

interface Shown {
  readonly name: string;
  /** The function of console/pages that makes it. */
  readonly by: string;
  readonly path: (ids: Ids) => string;
  /** Default: Carol, who approves. */
  readonly who?: 'carol' | 'olga' | 'alice' | 'nobody';
  readonly status?: number;
  readonly says: string;
  readonly during?: (bench: ConsoleBench) => () => void;
}

type Ids = Awaited<ReturnType<typeof fill>>;

const SHOWN: readonly Shown[] = [
  {
    ...{ name: 'welcome', by: 'welcomePage', path: () => '/', who: 'nobody', status: 401 },
    says: 'Some calls wait for a person.',
  },
  {
    ...{ name: 'issuers', by: 'chooseIssuerPage', path: () => '/sign-in', who: 'nobody' },
    says: 'Sign in with',
    during: (bench) => {
      const [own] = bench.issuers;
      const other = { name: 'partners', issuer: 'https://partners.example' };
      bench.issuers = [...bench.issuers, other];
      return () => {
        bench.issuers = own === undefined ? [] : [own];
      };
    },
  },
  {
    ...{ name: 'sign-in-unknown', by: 'messagePage', path: () => '/sign-in/callback?code=x' },
    ...{ who: 'nobody', status: 400, says: 'This sign-in is not known here' },
  },
  { name: 'inbox', by: 'inboxPage', path: () => '/', says: 'Approvals' },
  { name: 'inbox-mine', by: 'inboxPage', path: () => '/', who: 'alice', says: 'Approvals' },
  {
    ...{ name: 'request', by: 'requestPage', path: ({ waiting }) => `/approvals/${waiting}` },
    says: 'Arguments',
  },
  {
    ...{ name: 'request-window', by: 'requestPage', path: ({ window }) => `/approvals/${window}` },
    says: 'ANY arguments',
  },
  {
    ...{ name: 'request-own', by: 'requestPage', path: ({ waiting }) => `/approvals/${waiting}` },
    ...{ who: 'alice', says: 'Arguments' },
  },
  {
    ...{
      name: 'request-granted',
      by: 'requestPage',
      path: ({ granted }) => `/approvals/${granted}`,
    },
    says: 'Arguments',
  },
  {
    ...{ name: 'request-denied', by: 'requestPage', path: ({ denied }) => `/approvals/${denied}` },
    says: 'Arguments',
  },
  {
    ...{ name: 'request-glass', by: 'requestPage', path: ({ overdue }) => `/approvals/${overdue}` },
    says: 'Broken glass',
  },
  {
    ...{ name: 'break-glass', by: 'breakGlassPage', who: 'olga' },
    path: ({ waiting }) => `/approvals/${waiting}/break-glass`,
    says: 'Why it cannot wait',
  },
  { name: 'reviews', by: 'reviewsPage', path: () => '/reviews', says: 'Overdue' },
  { name: 'sessions', by: 'sessionsPage', path: () => '/sessions', who: 'alice', says: 'Sessions' },
  {
    ...{ name: 'session', by: 'sessionPage', path: () => '/sessions/session-1', who: 'alice' },
    says: 'Replay step by step',
  },
  {
    ...{ name: 'replay', by: 'replayPage', path: () => '/sessions/session-1/replay?step=1' },
    ...{ who: 'alice', says: 'of' },
  },
  {
    ...{ name: 'nowhere', by: 'messagePage', path: () => '/nowhere', status: 404 },
    says: 'There is no such page',
  },
  {
    ...{ name: 'visits-away', by: 'messagePage', path: () => '/', status: 503 },
    says: 'Nobody can be known now',
    during: (bench) => {
      bench.visitsFail = new VisitStoreFault('Redis is away');
      return () => {
        bench.visitsFail = undefined;
      };
    },
  },
];

/** One request in each state that has a page of its own look. */
async function fill({ bench }: ConsoleBench) {
  const ask = (name: string) => bench.ask(name, request(name, { terms: GLASS_TERMS }));
  const fresh = (subject: string, groups: readonly string[]) => {
    const one = caller(subject, { groups });
    const claims = { ...one.principal.claims, auth_time: Math.floor(bench.now / 1000) };
    return { ...one, principal: { ...one.principal, claims } };
  };
  const overdue = await ask('overdue');
  await bench.decide(fresh('olga', ['oncall']), 'break-glass', overdue);
  bench.now += (DAY_SECONDS + 60) * 1000;
  const [waiting, granted, denied] = [
    await ask('waiting'),
    await ask('granted'),
    await ask('denied'),
  ];
  await bench.decide(fresh('bob', ['finance']), 'approve', granted);
  await bench.decide(fresh('bob', ['finance']), 'deny', denied);
  const allowance = { scope: 'Window', maxUses: 5, ttlSeconds: 600 } as const;
  const terms = { ...GLASS_TERMS, allowance };
  const window = await bench.ask('window', request('window', { terms }));
  return { overdue, waiting, granted, denied, window };
}

describe('every page of the console', function () {
  this.timeout(120_000);
  let browser: Browser;
  let evidence: EvidenceFixture;
  let bench: ConsoleBench;
  let ids: Ids;
  before(async () => {
    browser = await startChromium();
    evidence = await writeEvidence();
    bench = await ConsoleBench.start(evidence);
    ids = await fill(bench);
  });
  after(async () => {
    await browser?.close();
    await bench?.close();
    await evidence?.remove();
  });

  async function signedIn(look: Looks, who: Shown['who'] = 'carol'): Promise<BrowserContext> {
    const context = await openContext(browser, look);
    if (who === 'nobody') return context;
    const claims = { aud: bench.approvalAudience ?? '', auth_time: Math.floor(bench.nowSeconds) };
    const facts = { claims, ...(who === 'olga' ? ONCALL : {}) };
    const { cookie } = await bench.visit(who, facts);
    const value = cookie.slice(cookie.indexOf('=') + 1);
    const at = { domain: '127.0.0.1', path: '/', secure: true };
    await context.addCookies([{ name: '__Host-gatehouse', value, ...at }]);
    return context;
  }

  for (const [look, looks] of LOOKS) {
    for (const { name, path, who, status = 200, says, during } of SHOWN) {
      it(`${name}, ${look}`, async () => {
        const context = await signedIn(looks, who);
        const page = await context.newPage();
        const undo = during?.(bench);

        const response = await page.goto(`${bench.origin}${path(ids)}`);
        undo?.();
        await page.getByText(says).first().waitFor();
        await screenshot(page, `page-${name}-${look}`);
        const faults = await seriousFaults(page);
        const sideways = await page.evaluate<number>(
          'document.documentElement.scrollWidth - window.innerWidth',
        );

        expect(response?.status()).to.equal(status);
        expect(faults).to.deep.equal([]);
        expect(sideways).to.equal(0);
        await context.close();
      });
    }
  }

  it('is among those above', () => {
    const made = readdirSync(PAGES).flatMap((file) =>
      [
        ...readFileSync(new URL(file, PAGES), 'utf8').matchAll(/^export function (\w+Page)\(/gm),
      ].map(([, maker]) => maker),
    );

    expect(new Set(SHOWN.map(({ by }) => by))).to.deep.equal(new Set(made));
  });
});
