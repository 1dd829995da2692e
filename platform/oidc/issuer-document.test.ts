import { expect } from 'chai';
import { Agent } from 'undici';
import { documentUrl, IssuerFault, issuerDocuments, type PlainHttp } from './issuer-document.ts';
import { LocalIssuer } from './local-issuer.fixture.ts';

describe('the URL of a document of an issuer', () => {
  const cases: { url: string; plainHttp: PlainHttp; ok: boolean }[] = [
    { url: 'https://idp.example/keys', plainHttp: 'never', ok: true },
    { url: 'http://127.0.0.1:1/keys', plainHttp: 'never', ok: false },
    { url: 'http://127.0.0.1:1/keys', plainHttp: 'loopback', ok: true },
    { url: 'http://idp.example/keys', plainHttp: 'loopback', ok: false },
    { url: 'http://idp.example/keys', plainHttp: 'anywhere', ok: true },
    { url: 'https://user:pass@idp.example', plainHttp: 'anywhere', ok: false },
    { url: 'data:application/json,{}', plainHttp: 'anywhere', ok: false },
    { url: 'not a url', plainHttp: 'anywhere', ok: false },
  ];
  for (const { url, plainHttp, ok } of cases) {
    it(`${ok ? 'may' : 'may not'} be ${url} when plain http is allowed ${plainHttp}`, () => {
      const read = () => documentUrl(url, 'keys', plainHttp);

      if (ok) expect(read().href).to.include('//');
      else expect(read).to.throw(IssuerFault, /^keys: /);
    });
  }
});

describe('reading a document of an issuer', () => {
  it('gives up on one that does not answer', async () => {
    const issuer = await LocalIssuer.start();
    const dispatcher = new Agent();
    issuer.answerKeys(() => {});

    const reading = issuerDocuments(dispatcher, 50).read(new URL(`${issuer.url}/keys`), 'keys');
    const fault = await reading.catch((error: unknown) => error);

    expect(fault).to.be.instanceOf(IssuerFault).with.property('message', 'keys: took too long');
    await dispatcher.destroy();
    await issuer.stop();
  });

  it('gives up on one that answers a byte at a time', async () => {
    const issuer = await LocalIssuer.start();
    const dispatcher = new Agent();
    issuer.answerKeys((_, res) => {
      const drip = setInterval(() => res.write(' '), 5);
      res.on('close', () => clearInterval(drip));
    });

    const reading = issuerDocuments(dispatcher, 80).read(new URL(`${issuer.url}/keys`), 'keys');
    const fault = await reading.catch((error: unknown) => error);

    expect(fault).to.be.instanceOf(IssuerFault).with.property('message', 'keys: took too long');
    await dispatcher.destroy();
    await issuer.stop();
  });
});
