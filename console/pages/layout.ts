// The frame of every page: where one is, who one is, and the way out.

import type { Assets } from '#console/assets.ts';
import { type Html, html } from '#console/html.ts';
import type { Visit } from '#console/visits.ts';

export type Place = 'approvals' | 'reviews' | 'sessions';

export interface Frame {
  readonly title: string;
  readonly place?: Place;
  /** Absent for somebody who is not signed in. */
  readonly visit?: Visit | undefined;
  readonly assets: Assets;
}

export function layout({ title, place, visit, assets }: Frame, main: Html): Html {
  return html`<html lang="en">
<head>
<meta charset="utf-8">
<title>${title} · Gatehouse</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<link rel="icon" href="${assets.icon}" type="image/svg+xml">
<link rel="stylesheet" href="${assets.style}">
<script src="${assets.script}" defer></script>
</head>
<body>
<a class="skip" href="#main">Skip to the content</a>
<header class="bar">
<a class="brand" href="/">Gatehouse</a>
${visit === undefined ? undefined : menu(place, visit)}
</header>
<main id="main" tabindex="-1">
${visit === undefined ? undefined : noticeOf(visit)}
${main}
</main>
</body>
</html>`;
}

function menu(place: Place | undefined, { principal, formToken }: Visit): Html {
  return html`<nav aria-label="Console">
<a href="/" ${current(place === 'approvals')}>Approvals</a>
<a href="/reviews" ${current(place === 'reviews')}>Reviews</a>
<a href="/sessions" ${current(place === 'sessions')}>Sessions</a>
</nav>
<form class="me" method="post" action="/sign-out">
<span class="who" title="${principal.issuerName}">${principal.person ?? principal.subject}</span>
<input type="hidden" name="form" value="${formToken}">
<button class="quiet">Sign out</button>
</form>`;
}

function current(isCurrent: boolean): Html | undefined {
  return isCurrent ? html`aria-current="page"` : undefined;
}

/** Said once: showing it takes it off the visit. */
function noticeOf(visit: Visit): Html | undefined {
  const { notice } = visit;
  if (notice === undefined) return undefined;
  visit.notice = undefined;
  const role = notice.kind === 'done' ? 'status' : 'alert';
  return html`<p class="notice ${notice.kind}" role="${role}">${notice.text}</p>`;
}
