// The sign-in page of the fixture provider. It asks for no password: whoever is named by
// `login_hint` is signed in at once, and anyone else picks a name.

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Provider } from 'oidc-provider';
import type { OidcUser } from './users.ts';

export const SIGN_IN_PATH = '/interaction/';

export async function signIn(
  req: IncomingMessage,
  res: ServerResponse,
  provider: Provider,
  users: ReadonlyMap<string, OidcUser>,
): Promise<void> {
  const { params, prompt, uid } = await provider.interactionDetails(req, res);
  if (prompt.name !== 'login') {
    return provider.interactionFinished(req, res, { consent: {} });
  }
  const picked = new URL(req.url ?? '', 'http://provider').searchParams.get('user');
  const user = users.get(picked ?? String(params.login_hint));
  if (user === undefined) return sendPage(res, uid, [...users.keys()]);
  return provider.interactionFinished(req, res, { login: { accountId: user.sub } });
}

function sendPage(res: ServerResponse, uid: string, subs: readonly string[]): void {
  const links = subs.map((sub) => {
    const href = `${SIGN_IN_PATH}${uid}?user=${encodeURIComponent(sub)}`;
    return `<li><a href="${href}">${escapeHtml(sub)}</a></li>`;
  });
  res.writeHead(200, { 'content-type': 'text/html; charset=utf-8' });
  res.end(`<!doctype html><title>Sign in</title><h1>Sign in as</h1><ul>${links.join('')}</ul>`);
}

function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"]/g, (char) => `&#${char.charCodeAt(0)};`);
}
