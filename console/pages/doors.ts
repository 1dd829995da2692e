// Pages of people who are not signed in, or who went somewhere that is not there.

import type { Assets } from '#console/assets.ts';
import { type Html, html } from '#console/html.ts';
import type { Visit } from '#console/visits.ts';
import { layout } from './layout.ts';

/** `to`: the link that begins the sign-in. */
export function welcomePage(to: string, assets: Assets): Html {
  return layout(
    { title: 'Sign in', assets },
    html`<section class="door">
<h1>Some calls wait for a person.</h1>
<p>Sign in to see what asks for your decision. Deciding takes a sign-in from the last 15 minutes, so you may be asked again.</p>
<p><a class="button primary" href="${to}">Sign in</a></p>
</section>`,
  );
}

/** `asked`: of the sign-in, whichever of them it is with. */
export function chooseIssuerPage(
  names: readonly string[],
  asked: Readonly<Record<string, string>>,
  assets: Assets,
): Html {
  const links = names.map((name) => {
    const query = new URLSearchParams({ issuer: name, ...asked });
    return html`<li><a class="button" href="${`/sign-in?${query}`}">${name}</a></li>`;
  });
  return layout(
    { title: 'Sign in', assets },
    html`<section class="door">
<h1>Sign in with</h1>
<ul class="plain">${links}</ul>
</section>`,
  );
}

export interface Message {
  readonly title: string;
  readonly text: string;
  readonly link?: readonly [to: string, label: string];
}

export function messagePage({ title, text, link }: Message, assets: Assets, visit?: Visit): Html {
  return layout(
    { title, assets, visit },
    html`<section class="door">
<h1>${title}</h1>
<p>${text}</p>
${link === undefined ? undefined : html`<p><a class="button" href="${link[0]}">${link[1]}</a></p>`}
</section>`,
  );
}
