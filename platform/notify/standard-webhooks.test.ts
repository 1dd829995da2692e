import { expect } from 'chai';
import { Webhook } from 'standardwebhooks';
import { parseSigningSecret, signedHeaders } from './standard-webhooks.ts';

const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;

describe('a signed notification', () => {
  it('is verified by the library of the specification', () => {
    const body = JSON.stringify({ type: 'gatehouse.approval.requested', data: { text: 'ü' } });
    const timestampSeconds = Math.floor(Date.now() / 1000);
    const secret = parseSigningSecret(SECRET) ?? Buffer.alloc(0);
    const headers = signedHeaders({ id: 'msg_1', timestampSeconds }, body, secret);

    expect(new Webhook(SECRET).verify(body, { ...headers })).to.deep.equal(JSON.parse(body));
    expect(() => new Webhook(SECRET).verify(body.replace('ü', 'u'), { ...headers })).to.throw();
  });
});

describe('a signing secret', () => {
  for (const [name, text] of [
    ['without its prefix', Buffer.alloc(32).toString('base64')],
    ['that is too short', `whsec_${Buffer.alloc(23).toString('base64')}`],
    ['that is too long', `whsec_${Buffer.alloc(65).toString('base64')}`],
    ['that is no base64', 'whsec_not base64 at all, whatever it is'],
    ['that is empty', ''],
  ] as const) {
    it(`is refused ${name}`, () => {
      expect(parseSigningSecret(text)).to.equal(undefined);
    });
  }

  it('is taken with a newline behind it, as files have it', () => {
    expect(parseSigningSecret(`${SECRET}\n`)?.byteLength).to.equal(32);
  });
});
