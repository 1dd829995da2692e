// A browser's part of the second act, over HTTP and without a browser: signs in at the real identity provider,
// reads a page, and sends its form.

import type { OidcProvider } from '#e2e/servers/oidc-provider.ts';

export interface Page {
  readonly status: number;
  /** What a reader sees of it, its heading, and what it says of what was sent. */
  readonly text: string;
  readonly heading: string;
  readonly notice: string;
  /** Value of the hidden field that proves a page of the console asked for what is sent. */
  readonly form: string;
}

export class ConsoleVisit {
  readonly #cookies = new Map<string, string>();
  readonly #origin: string;

  private constructor(origin: string) {
    this.#origin = origin;
  }

  static async signIn(origin: string, provider: OidcProvider, sub: string): Promise<ConsoleVisit> {
    const visit = new ConsoleVisit(origin);
    const toProvider = await visit.#send('/sign-in');
    const back = await provider.signIn(toProvider.headers.get('location') ?? '', sub);
    const signedIn = await visit.#send(`${back.pathname}${back.search}`);
    if (signedIn.status !== 303) throw new Error(`the sign-in ended with ${signedIn.status}`);
    return visit;
  }

  async read(path: string): Promise<Page> {
    return pageOf(await this.#send(path));
  }

  /** Sends a form of the page at this path, and reads the page that this leads to. */
  async decide(path: string, fields: Readonly<Record<string, string>>): Promise<Page> {
    const { form } = await this.read(path);
    const body = new URLSearchParams({ form, ...fields });
    const sent = await this.#send(path, { method: 'POST', body });
    const next = sent.headers.get('location');
    return next === null ? pageOf(sent) : this.read(next);
  }

  async #send(path: string, init: RequestInit = {}): Promise<Response> {
    const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const response = await fetch(new URL(path, this.#origin), {
      ...init,
      headers: { cookie, origin: this.#origin },
      redirect: 'manual',
    });
    for (const set of response.headers.getSetCookie()) {
      const [pair = ''] = set.split(';', 1);
      const at = pair.indexOf('=');
      if (set.includes('Max-Age=0')) this.#cookies.delete(pair.slice(0, at));
      else this.#cookies.set(pair.slice(0, at), pair.slice(at + 1));
    }
    return response;
  }
}

async function pageOf(response: Response): Promise<Page> {
  const html = await response.text();
  const part = (pattern: RegExp): string => textOf(pattern.exec(html)?.[1] ?? '');
  return {
    status: response.status,
    text: part(/<main[^>]*>(.*)<\/main>/s),
    heading: part(/<h1>(.*?)<\/h1>/s),
    notice: part(/<p class="notice[^>]*>(.*?)<\/p>/s),
    form: part(/name="form" value="([^"]*)"/),
  };
}

function textOf(html: string): string {
  return html
    .replaceAll(/<[^>]*>/g, ' ')
    .replaceAll('&quot;', '"')
    .replaceAll(/\s+/g, ' ')
    .trim();
}
