// One list of cards on a page that keeps itself up to date: the inbox has several, and so has the review queue.

import { type Html, html } from '#console/html.ts';
import type { Approval } from '#core/approvals/approval.ts';

export interface Section {
  readonly id: string;
  readonly title: string;
  /** Said when it is empty; without it an empty section is hidden. */
  readonly none?: string;
}

/** The script puts a section in the place of an older one when its version has changed. */
export function section<Item extends { readonly approval: Approval }>(
  { id, title, none }: Section,
  listed: readonly Item[],
  card: (item: Item) => Html | undefined,
): Html {
  const version = listed
    .map(({ approval: { request, version: v } }) => `${request.id}:${v}`)
    .join(' ');
  const count =
    listed.length === 0 ? undefined : html` <span class="count">${listed.length}</span>`;
  const isHidden = listed.length === 0 && none === undefined;
  return html`<section class="inbox" id="${id}" data-live="${version}" ${isHidden ? html`hidden` : undefined} aria-labelledby="${`${id}-title`}">
<h2 id="${`${id}-title`}">${title}${count}</h2>
${listed.length === 0 ? html`<p class="none">${none}</p>` : html`<ul class="cards">${listed.map(card)}</ul>`}
</section>`;
}
