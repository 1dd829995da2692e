// Moments and spans as people read them. The page says them whole; the script keeps the spans going.

import { type Html, html } from '#console/html.ts';

/** `28 Nov 2026, 16:04:09 UTC`. */
export function momentText(millis: number): string {
  const [date = '', rest = ''] = new Date(millis).toISOString().split('T');
  const [year, month, day] = date.split('-').map(Number);
  return `${day} ${MONTHS[(month ?? 1) - 1]} ${year}, ${rest.slice(0, 'HH:MM:SS'.length)} UTC`;
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** `1 h 5 min`, `14 min 3 s`, `9 s`: the two largest units. */
export function spanText(millis: number): string {
  const seconds = Math.max(0, Math.floor(millis / 1000));
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  return seconds < 86_400
    ? `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`
    : `${Math.floor(seconds / 86_400)} d ${Math.floor((seconds % 86_400) / 3600)} h`;
}

export function moment(millis: number): Html {
  return html`<time datetime="${new Date(millis).toISOString()}">${momentText(millis)}</time>`;
}

/** How long until then. The script counts down what is left, since a reader's clock may be off. */
export function countdown(untilMillis: number, nowMillis: number): Html {
  const iso = new Date(untilMillis).toISOString();
  return html`<time class="countdown" datetime="${iso}" data-left="${untilMillis - nowMillis}" title="${momentText(untilMillis)}">${spanText(untilMillis - nowMillis)}</time>`;
}

/** How long ago that was. */
export function ago(millis: number, nowMillis: number): Html {
  const iso = new Date(millis).toISOString();
  return html`<time datetime="${iso}" title="${momentText(millis)}">${spanText(nowMillis - millis)} ago</time>`;
}
