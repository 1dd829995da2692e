import { expect } from 'chai';
import { connectionNames, isForwardable } from './stripped-headers.ts';

describe('headers on their way to the server', () => {
  const stopped = [
    'authorization',
    'Authorization',
    'proxy-authorization',
    'cookie',
    'dpop',
    'forwarded',
    'x-forwarded-for',
    'x-forwarded-user',
    'x-forwarded-access-token',
    'x-real-ip',
    'x-auth-request-user',
    'x-authenticated-userid',
    'x-user',
    'x-user-id',
    'X_User_Id',
    'x_forwarded_user',
    'remote-user',
    'Remote_User',
    'x-remote-group',
    'x-goog-authenticated-user-email',
    'x-amzn-oidc-identity',
    'x-ms-client-principal-name',
    'cf-access-jwt-assertion',
    'impersonate-user',
    'x-serverless-identity',
    'x-access-token',
    'x-api-key',
    'gatehouse-exchange',
    'connection',
    'keep-alive',
    'te',
    'transfer-encoding',
    'upgrade',
    'expect',
    ':authority',
    'last-event-id',
    'Last_Event_ID',
  ];
  for (const name of stopped) {
    it(`stop ${name}`, () => {
      expect(isForwardable(name)).to.equal(false);
    });
  }

  const forwarded = [
    'accept',
    'content-type',
    'content-length',
    'host',
    'origin',
    'user-agent',
    'mcp-session-id',
    'mcp-protocol-version',
    'mcp-method',
    'Mcp-Name',
    'mcp-param-token',
    'mcp-param-user-identity',
    'traceparent',
    'tracestate',
    'x-request-id',
  ];
  for (const name of forwarded) {
    it(`forward ${name}`, () => {
      expect(isForwardable(name)).to.equal(true);
    });
  }

  it('stop what the caller adds, in any spelling', () => {
    const configured = new Set(['x-badge', 'mcp-param-badge']);

    const passes = ['X_Badge', 'x-badge', 'mcp-param-badge', 'x-other'].map((name) =>
      isForwardable(name, configured),
    );

    expect(passes).to.deep.equal([false, false, false, true]);
  });

  it('include those that Connection declares for one hop', () => {
    expect([...connectionNames('close, X-Hop ,,x_other')]).to.deep.equal([
      'close',
      'x-hop',
      'x_other',
    ]);
    expect(connectionNames(undefined).size).to.equal(0);
  });
});
