// The way in, without an identity provider: what is begun is sealed, and nothing but it comes back.

import { expect } from 'chai';
import { AUDIENCE, CORP, MCP, principal, T0 } from '#core/approvals/approvals.testkit.ts';
import type { Principal } from '#core/identity/principal.ts';
import { ConsoleBench } from './console.testkit.ts';
import { ownPath } from './sign-in.ts';

describe('the way back after signing in', () => {
  const ours = ['/', '/approvals/x', '/sessions?who=a&with=denied', '/a%20b'];
  for (const path of ours) {
    it(`leads to ${path}`, () => {
      expect(ownPath(path)).to.equal(path);
    });
  }

  const others = [
    null,
    '',
    'https://evil.example/',
    '//evil.example/',
    '/\\evil.example/',
    '/\t/evil.example/',
    'javascript:alert(1)',
    '/x/..//evil.example',
    `/${'a'.repeat(600)}`,
  ];
  for (const path of others) {
    it(`leads home instead of to ${JSON.stringify(path)?.slice(0, 40)}`, () => {
      expect(ownPath(path)).to.match(/^\/(?![/\\])/);
      expect(ownPath(path)).to.not.include('//');
      expect(ownPath(path).length).to.be.below(600);
    });
  }
});

describe('signing in', () => {
  let bench: ConsoleBench;
  beforeEach(async () => {
    bench = await ConsoleBench.start();
  });
  afterEach(() => bench.close());

  const cookies = ['', '__Host-gatehouse-sign-in=AAAA', '__Host-gatehouse-sign-in=x; x=y'];
  for (const cookie of cookies) {
    it(`is not finished in a browser with the cookie ${JSON.stringify(cookie)}`, async () => {
      const response = await bench.get('/sign-in/callback?code=c&state=s', { cookie });

      expect(response.status).to.equal(400);
      expect(response.headers.get('set-cookie')).to.include('__Host-gatehouse-sign-in=; ');
    });
  }

  /** Goes to the provider and comes back, in one browser; resolves with the answer to the way back. */
  async function throughProvider(query = '', cookie = ''): Promise<Response> {
    const begun = await bench.get(`/sign-in${query}`, { cookie });
    const [underWay = ''] = (begun.headers.get('set-cookie') ?? '').split(';');
    return bench.get('/sign-in/callback?code=c&state=s', { cookie: `${cookie}; ${underWay}` });
  }

  function visitOf(response: Response): string {
    const [cookie = ''] =
      response.headers
        .getSetCookie()
        .find((each) => each.startsWith('__Host-gatehouse='))
        ?.split(';') ?? [];
    return cookie;
  }

  const carol = () => principal('carol', { groups: ['finance'] });

  it('leads through the provider to the page one came from', async () => {
    bench.person = carol();

    const back = await throughProvider('?to=/sessions');
    const page = await bench.get('/', { cookie: visitOf(back) });

    expect([back.status, back.headers.get('location')]).to.deep.equal([303, '/sessions']);
    expect(page.status).to.equal(200);
    expect(bench.wishes).to.deep.equal([
      { issuer: CORP, clientId: AUDIENCE, audience: AUDIENCE, maxAgeSeconds: 900, anew: false },
    ]);
  });

  it('is asked for anew when a decision needs it', async () => {
    await bench.get('/sign-in?anew=1');

    expect(bench.wishes[0]?.anew).to.equal(true);
  });

  it('never sends the browser elsewhere afterwards', async () => {
    bench.person = carol();

    const back = await throughProvider('?to=https%3A%2F%2Fevil.example%2F');

    expect(back.headers.get('location')).to.equal('/');
  });

  const refused: readonly {
    readonly name: string;
    readonly person: Principal;
    readonly says: string;
  }[] = [
    {
      name: 'a token for something else',
      person: principal('carol', { claims: { aud: 'other', auth_time: T0 / 1000 } }),
      says: 'aud:',
    },
    {
      name: 'a token that opens the MCP server too',
      person: principal('carol', { claims: { aud: [AUDIENCE, MCP], auth_time: T0 / 1000 } }),
      says: 'aud:',
    },
    {
      name: 'a sign-in of long ago',
      person: principal('carol', { claims: { aud: AUDIENCE, auth_time: T0 / 1000 - 901 } }),
      says: 'auth_time:',
    },
    {
      name: 'a token that does not say when somebody signed in',
      person: principal('carol', { claims: { aud: AUDIENCE } }),
      says: 'auth_time:',
    },
    {
      name: 'a token of an agent',
      person: principal('carol', { actors: [{ subject: 'robot' }] }),
      says: 'act:',
    },
  ];
  for (const { name, person, says } of refused) {
    it(`is refused with ${name}, on record, naming the claim`, async () => {
      bench.person = person;

      const back = await throughProvider();

      expect(back.status).to.equal(403);
      expect(await back.text()).to.include(says);
      expect(visitOf(back)).to.equal('');
      expect(bench.unproven.join()).to.include(says);
    });
  }

  it('is refused when the provider does not let somebody in', async () => {
    const back = await throughProvider();

    expect(back.status).to.equal(403);
    expect(visitOf(back)).to.equal('');
  });

  it('takes no longer than ten minutes', async () => {
    bench.person = carol();
    const begun = await bench.get('/sign-in');
    const [cookie = ''] = (begun.headers.get('set-cookie') ?? '').split(';');

    bench.pass(601);

    expect((await bench.get('/sign-in/callback?code=c', { cookie })).status).to.equal(400);
  });

  it('keeps what somebody wrote before their sign-in had become too old', async () => {
    const id = await bench.ask('kept', 7200);
    const before = await bench.visit('carol');
    bench.pass(16 * 60);
    await bench.post(`/approvals/${id}`, before, { act: 'approve', reason: 'my long reason' });
    bench.person = principal('carol', {
      groups: ['finance'],
      claims: { aud: AUDIENCE, auth_time: bench.nowSeconds },
    });

    const back = await throughProvider(`?to=/approvals/${id}&anew=1`, before.cookie);
    const page = await bench.get(`/approvals/${id}`, { cookie: visitOf(back) });

    expect(await page.text()).to.include('my long reason</textarea>');
    expect((await bench.get('/', { cookie: before.cookie })).status).to.equal(401);
  });

  it('keeps nothing of it for somebody else in the same browser', async () => {
    const id = await bench.ask('kept');
    const before = await bench.visit('carol');
    await bench.post(`/approvals/${id}`, before, { act: 'approve', reason: 'x'.repeat(501) });
    bench.person = principal('dave', { groups: ['finance'] });

    const back = await throughProvider('', before.cookie);
    const page = await bench.get(`/approvals/${id}`, { cookie: visitOf(back) });

    expect(await page.text())
      .to.include('value="approve"')
      .and.not.include('xxxx');
  });

  it('asks which provider where the policy has several', async () => {
    bench.issuers = [...bench.issuers, { name: 'partner', issuer: 'https://partner.example' }];

    const choice = await (await bench.get('/sign-in?to=/sessions')).text();
    const unknown = await (await bench.get('/sign-in?issuer=evil')).text();
    await bench.get('/sign-in?issuer=partner');

    expect(choice).to.include('href="/sign-in?issuer=partner&amp;to=%2Fsessions"');
    expect(unknown).to.include('Sign in with');
    expect(bench.wishes.map(({ issuer }) => issuer)).to.deep.equal(['https://partner.example']);
  });

  it('is asked for anew from whichever of several providers, when a decision needs it', async () => {
    bench.issuers = [...bench.issuers, { name: 'partner', issuer: 'https://partner.example' }];

    const choice = await (await bench.get('/sign-in?to=/approvals/x&anew=1')).text();
    const [, link = ''] = /href="([^"]*issuer=partner[^"]*)"/.exec(choice) ?? [];
    await bench.get(link.replaceAll('&amp;', '&'));

    expect(bench.wishes.map(({ anew }) => anew)).to.deep.equal([true]);
    expect(link).to.include('to=%2Fapprovals%2Fx');
  });

  it('is over when the policy changes the issuer', async () => {
    const { cookie } = await bench.visit('carol');

    bench.issuers = [{ name: 'corp', issuer: CORP, claims: { person: 'email' } }];

    expect((await bench.get('/', { cookie })).status).to.equal(401);
  });
});
