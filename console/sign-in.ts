// From a stranger to a visit: a link to the identity provider, the way back, and what the token must say.
// The browser keeps what was begun, sealed; nothing is held here for people who never come back.

import { MAX_SIGN_IN_AGE_SECONDS, readApprover } from '#core/approvals/approver.ts';
import type { Principal } from '#core/identity/principal.ts';
import { type Begun, CodeFlowFault } from '#platform/oidc/code-flow.ts';
import type { Answer } from './answer.ts';
import type { Asked } from './asked.ts';
import type { Console } from './console.ts';
import { clearCookie, readCookie, setCookie } from './cookies.ts';
import { type ConsoleNamespace, isTrusted } from './namespace.ts';
import { chooseIssuerPage, messagePage, welcomePage } from './pages/doors.ts';
import { authoritiesOf, rulesOf, trustOf, waysIn } from './trust.ts';
import { VISIT_SECONDS } from './visits.ts';

/** People look for their second factor; longer than this they have gone away. */
const SIGN_IN_SECONDS = 10 * 60;

/** A cookie has 4 KiB, and the page one came from is the smallest part of it. */
const MAX_RETURN_CHARS = 512;

interface UnderWay extends Begun {
  readonly returnTo: string;
  /** What the policies trusted when it began: a sign-in proves nobody under another trust. */
  readonly trust: string;
  readonly endsAtSeconds: number;
}

/** The page of somebody who is not signed in. */
export function welcome(asked: Asked, console: Console): Answer {
  const query = asked.path.length === 0 ? '' : `?to=${encodeURIComponent(addressOf(asked))}`;
  return { kind: 'page', status: 401, page: welcomePage(`/sign-in${query}`, console.assets) };
}

/** GET /sign-in: `to` is the page to come back to, `issuer` a name of the policy, `anew` forces a login. */
export async function beginSignIn({ query }: Asked, console: Console): Promise<Answer> {
  const ways = waysIn(console.namespaces());
  if (ways.length === 0) return failed(NOBODY_IS_ASKED, console);
  const returnTo = ownPath(query.get('to'));
  const named = query.get('issuer');
  const way = ways.length === 1 ? ways[0] : ways.find(({ name }) => name === named);
  if (way === undefined) {
    const names = ways.map(({ name }) => name);
    const asked = query.has('anew') ? { to: returnTo, anew: '1' } : { to: returnTo };
    return { kind: 'page', status: 200, page: chooseIssuerPage(names, asked, console.assets) };
  }
  const { issuer, rules, trust } = way;
  try {
    const wish = {
      issuer: issuer.issuer,
      clientId: console.settings.clientId ?? rules.audience,
      audience: rules.audience,
      maxAgeSeconds: MAX_SIGN_IN_AGE_SECONDS,
    };
    const { url, begun } = await console.codeFlow.begin(
      wish,
      query.has('anew'),
      authoritiesOf(issuer),
    );
    const endsAtSeconds = Math.floor(console.clock.epochSeconds()) + SIGN_IN_SECONDS;
    const underWay: UnderWay = { ...begun, returnTo, trust, endsAtSeconds };
    const sealed = console.sealer.seal('sign-in', underWay);
    const cookies = [setCookie('sign-in', sealed, SIGN_IN_SECONDS)];
    return { kind: 'redirect', to: url.href, cookies };
  } catch (error) {
    if (!(error instanceof CodeFlowFault)) throw error;
    console.log.warn('sign-in could not begin', { issuer: issuer.name, code: error.code });
    return failed(UNREACHABLE, console);
  }
}

/** GET /sign-in/callback: the browser comes back. */
export async function finishSignIn(asked: Asked, console: Console): Promise<Answer> {
  const underWay = openUnderWay(asked, console);
  if (underWay === undefined) return failed(FORGOTTEN, console);
  const open = console.namespaces().filter((each) => opens(underWay, each));
  const [first] = open;
  if (first === undefined) return failed(NOBODY_IS_ASKED, console);
  const token = await finished(underWay, { asked, ca: caOf(underWay, first) }, console);
  if (typeof token !== 'string') return token;
  const { audience } = underWay;
  const verified = await first.trusted().verifier.verify(token, { audiences: [audience] });
  const reasons = verified.ok
    ? open.map((each) => unheard(verified.principal, each, console))
    : [verified.reason];
  // Who is heard in one namespace is signed in; the others look for themselves.
  if (verified.ok && reasons.includes(undefined)) {
    return begun(verified.principal, underWay, asked, console);
  }
  return refused(reasons[0] ?? '', { asked, open }, console);
}

/** Whether this sign-in is for what the namespace trusts, at this moment. */
function opens({ issuer, audience, trust }: UnderWay, { trusted }: ConsoleNamespace): boolean {
  const now = trusted();
  return rulesOf(now)?.audience === audience && trustOf(now, issuer) === trust;
}

function caOf({ issuer }: UnderWay, { trusted }: ConsoleNamespace): string | undefined {
  const config = trusted().policy.issuers.find((each) => each.issuer === issuer);
  return config === undefined ? undefined : authoritiesOf(config);
}

/** Why it does not listen to them; undefined when it does. */
function unheard(
  principal: Principal,
  { trusted }: ConsoleNamespace,
  { clock }: Console,
): string | undefined {
  const rules = rulesOf(trusted());
  if (rules === undefined) return 'the policy asks nobody any more';
  const read = readApprover(principal, rules, clock.epochSeconds());
  return read.ok ? undefined : read.reason;
}

/** POST /sign-out. The identity provider's own session is its own affair. */
export async function signOut(asked: Asked, console: Console): Promise<Answer> {
  await console.visits.end(readCookie(asked.cookie, 'visit'));
  return { kind: 'redirect', to: '/', cookies: [clearCookie('visit')] };
}

async function begun(
  principal: Principal,
  { returnTo, trust }: UnderWay,
  asked: Asked,
  console: Console,
): Promise<Answer> {
  const before = readCookie(asked.cookie, 'visit');
  const visit = await console.visits.find(before, (each) => isTrusted(each, console));
  const isSame =
    visit?.principal.issuer === principal.issuer && visit.principal.subject === principal.subject;
  await console.visits.end(before);
  const draft = isSame ? visit?.draft : undefined;
  // A new secret with each sign-in: one that was planted in this browser before is worth nothing.
  const secret = await console.visits.begin(lasting(principal), trust, draft);
  console.log.info('signed in', { issuer: principal.issuerName });
  const cookies = [setCookie('visit', secret, VISIT_SECONDS), clearCookie('sign-in')];
  return { kind: 'redirect', to: returnTo, cookies };
}

/** What the desk looks at again with each decision; the rest of the token has been read. */
function lasting(principal: Principal): Principal {
  const kept = Object.entries(principal.claims).filter(([name]) => KEPT_CLAIMS.has(name));
  return { ...principal, claims: Object.fromEntries(kept) };
}

const KEPT_CLAIMS: ReadonlySet<string> = new Set(['aud', 'auth_time', 'act']);

async function finished(
  underWay: UnderWay,
  { asked, ca }: { readonly asked: Asked; readonly ca: string | undefined },
  console: Console,
): Promise<string | Answer> {
  try {
    return await console.codeFlow.finish(underWay, asked.search, ca);
  } catch (error) {
    if (!(error instanceof CodeFlowFault)) throw error;
    console.log.warn('sign-in was not completed', { code: error.code });
    return failed(error.code === 'refused' ? NOT_COMPLETED : UNREACHABLE, console);
  }
}

function openUnderWay({ cookie }: Asked, { sealer, clock }: Console): UnderWay | undefined {
  const sealed = readCookie(cookie, 'sign-in');
  // Sealed by us for this purpose alone, so it has the form we gave it.
  const opened = sealed === undefined ? undefined : (sealer.open('sign-in', sealed) as UnderWay);
  return opened !== undefined && opened.endsAtSeconds > clock.epochSeconds() ? opened : undefined;
}

/** Back to a page of ours and to nothing else: an open redirect would lend our name to others. */
export function ownPath(wanted: string | null): string {
  const base = 'https://console.invalid';
  if (wanted === null || !URL.canParse(wanted, base)) return '/';
  const { origin, pathname, search } = new URL(wanted, base);
  const path = `${pathname}${search}`;
  const isOurs = wanted.startsWith('/') && origin === base && !path.startsWith('//');
  return isOurs && path.length <= MAX_RETURN_CHARS ? path : '/';
}

function addressOf({ path, search }: Asked): string {
  return `/${path.map(encodeURIComponent).join('/')}${search}`;
}

interface Failure {
  readonly status: number;
  readonly title: string;
  readonly text: string;
}

const NOBODY_IS_ASKED: Failure = {
  status: 503,
  title: 'Nobody can sign in yet',
  text: 'The policy in force names no audience for approvals. Set spec.identity.approvalAudience.',
};
const UNREACHABLE: Failure = {
  status: 503,
  title: 'The identity provider cannot be reached',
  text: 'Nothing was done. Try again in a moment.',
};
const FORGOTTEN: Failure = {
  status: 400,
  title: 'This sign-in is not known here',
  text: 'It took more than ten minutes, or it began in another browser. Sign in once more.',
};
const NOT_COMPLETED: Failure = {
  status: 403,
  title: 'The sign-in was not completed',
  text: 'The identity provider did not let you in, or what came back was not what was asked for.',
};

function failed(failure: Failure, console: Console): Answer {
  const { status, title, text } = failure;
  const page = messagePage({ title, text, link: ['/sign-in', 'Sign in'] }, console.assets);
  return { kind: 'page', status, page, cookies: [clearCookie('sign-in')] };
}

interface Turned {
  readonly asked: Asked;
  /** Those that would have listened. */
  readonly open: readonly ConsoleNamespace[];
}

/** The reason names a claim, never its value. */
async function refused(reason: string, { asked, open }: Turned, console: Console): Promise<Answer> {
  console.log.warn('sign-in refused', { reason });
  const unproven = { code: 'token_invalid', reason, door: 'console' } as const;
  await Promise.all(open.map((each) => each.onUnproven(unproven, asked.address)));
  const text = `Your identity provider knows you, but its token is not one that decides here. ${reason}.`;
  return failed({ status: 403, title: 'You cannot decide here', text }, console);
}
