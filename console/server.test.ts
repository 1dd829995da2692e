// The front door: what is not addressed to it, does not come from its own pages or is too much goes no
// further, and every answer carries the headers that keep it from being framed, kept or scripted.

import { expect } from 'chai';
import { ConsoleBench } from './console.testkit.ts';

describe('the front of the console', () => {
  let bench: ConsoleBench;
  beforeEach(async () => {
    bench = await ConsoleBench.start();
  });
  afterEach(() => bench.close());

  const pages = ['/', '/sessions', '/sign-in', '/sign-in/callback', '/nowhere', '/approvals/x'];
  for (const path of pages) {
    it(`gives ${path} headers that keep it unframed, uncached and unscripted`, async () => {
      const { headers } = await bench.get(path);

      expect(headers.get('content-security-policy')).to.equal(
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
      );
      expect(headers.get('x-frame-options')).to.equal('DENY');
      expect(headers.get('x-content-type-options')).to.equal('nosniff');
      expect(headers.get('cache-control')).to.equal('no-store');
      expect(headers.get('referrer-policy')).to.equal('same-origin');
      expect(headers.get('cross-origin-opener-policy')).to.equal('same-origin');
    });
  }

  it('has no script, style or handler in the page itself', async () => {
    const { cookie } = await bench.visit('carol');

    const page = await (await bench.get('/', { cookie })).text();

    expect(page).to.not.match(/<script>|<style|\son\w+=|style=|javascript:/);
  });

  it('answers to its own name alone', async () => {
    const { port } = new URL(bench.origin);

    const { status } = await fetch(`http://localhost:${port}/`);

    expect(status).to.equal(421);
  });

  it('shows nothing but the way in to somebody who is not signed in', async () => {
    const response = await bench.get('/approvals/secret-name?x=1');
    const page = await response.text();

    expect(response.status).to.equal(401);
    expect(page).to.include('href="/sign-in?to=%2Fapprovals%2Fsecret-name%3Fx%3D1"');
  });

  it('serves its own files to everybody, for good', async () => {
    const page = await (await bench.get('/')).text();
    const [, style = ''] = /href="(\/assets\/[^"]+\.css)"/.exec(page) ?? [];

    const { status, headers } = await bench.get(style);

    expect(status).to.equal(200);
    expect(headers.get('cache-control')).to.include('immutable');
    expect((await bench.get('/assets/..%2f..%2fpackage.json')).status).to.equal(404);
    expect((await bench.get('/assets/main.ts')).status).to.equal(404);
  });

  const bad: readonly { readonly name: string; readonly path: string; readonly status: number }[] =
    [
      { name: 'escapes that are none', path: '/%zz', status: 400 },
      { name: 'an address without end', path: `/${'a'.repeat(5000)}`, status: 400 },
    ];
  for (const { name, path, status } of bad) {
    it(`refuses ${name}`, async () => {
      expect((await bench.get(path)).status).to.equal(status);
    });
  }

  for (const method of ['PUT', 'DELETE', 'OPTIONS', 'HEAD']) {
    it(`refuses ${method}`, async () => {
      expect((await bench.send('/', { method })).status).to.equal(405);
    });
  }

  describe('with a form', () => {
    const fields = { act: 'approve', reason: 'because' };

    async function waiting(): Promise<{ path: string; id: string }> {
      const id = await bench.ask('form');
      return { id, path: `/approvals/${id}` };
    }

    it('takes it from a page of its own', async () => {
      const { id, path } = await waiting();

      const { status, headers } = await bench.post(path, await bench.visit('carol'), fields);

      expect([status, headers.get('location')]).to.deep.equal([303, path]);
      expect(await bench.bench.stateOf(id)).to.equal('GRANTED');
    });

    const origins = [undefined, 'null', 'https://evil.example', 'http://127.0.0.1:1'];
    for (const origin of origins) {
      it(`refuses one from a page of ${origin ?? 'nowhere'}`, async () => {
        const { id, path } = await waiting();
        const { cookie, form } = await bench.visit('carol');

        const { status } = await bench.send(path, {
          method: 'POST',
          headers: { cookie, ...(origin === undefined ? {} : { origin }) },
          form: { form, ...fields },
        });

        expect(status).to.equal(403);
        expect(await bench.bench.stateOf(id)).to.equal('PENDING');
      });
    }

    it('refuses one without the token of the visit, or with another’s', async () => {
      const { id, path } = await waiting();
      const carol = await bench.visit('carol');
      const others = ['', 'x', (await bench.visit('dave')).form, (await bench.visit('carol')).form];

      for (const form of others) {
        const { status } = await bench.post(path, { ...carol, form }, fields);
        expect(status).to.equal(403);
      }
      expect(await bench.bench.stateOf(id)).to.equal('PENDING');
    });

    it('refuses one of somebody who is not signed in', async () => {
      const { id, path } = await waiting();

      const { status } = await bench.post(path, { cookie: '', form: '' }, fields);

      expect(status).to.equal(401);
      expect(await bench.bench.stateOf(id)).to.equal('PENDING');
    });

    it('refuses one that is too long, or is no form', async () => {
      const { path } = await waiting();
      const carol = await bench.visit('carol');
      const headers = { cookie: carol.cookie, origin: bench.origin };

      const long = await bench.post(path, carol, { ...fields, reason: 'x'.repeat(20_000) });
      const json = await fetch(`${bench.origin}${path}`, {
        method: 'POST',
        headers: { ...headers, 'content-type': 'application/json' },
        body: JSON.stringify({ form: carol.form, ...fields }),
      });

      expect([long.status, json.status]).to.deep.equal([413, 415]);
    });

    it('signs out for good', async () => {
      const carol = await bench.visit('carol');

      const { status, headers } = await bench.post('/sign-out', carol, {});

      expect(status).to.equal(303);
      expect(headers.get('set-cookie')).to.include('__Host-gatehouse=; Path=/; Max-Age=0');
      expect((await bench.get('/', { cookie: carol.cookie })).status).to.equal(401);
    });

    it('does not sign out by a link', async () => {
      const { cookie } = await bench.visit('carol');

      expect((await bench.get('/sign-out', { cookie })).status).to.equal(404);
      expect((await bench.get('/', { cookie })).status).to.equal(200);
    });
  });

  it('says nothing of a fault but that there was one', async () => {
    const { cookie } = await bench.visit('carol', { groups: ['audit'] });
    await bench.ask('fault');
    bench.bench.desk.list = async () => {
      throw new TypeError('the secret of the fault');
    };

    const response = await bench.get('/', { cookie });

    expect(response.status).to.equal(500);
    expect(await response.text())
      .to.include('look at the request again')
      .and.not.include('secret')
      .and.not.include('Nothing was decided');
    expect(bench.log).to.include('a page failed');
  });
});
