// Which revision a POST is in: handshakes, sessions and what stands beside the modern rules, which
// headers-envelope.test.ts and headers-mirror.test.ts hold against the SDK's server.

import { expect } from 'chai';
import {
  callOf,
  check,
  META,
  MODERN,
  messageOf,
  modern,
  named,
  note,
  request,
  VERSION,
  values,
} from './headers.testkit.ts';
import { checkHeaders, checkVersionHeader } from './headers.ts';
import type { Revision } from './revisions.ts';

describe('checkHeaders', () => {
  it('says which revisions are supported and echoes the one asked for', () => {
    const _meta = { ...META, [VERSION]: 'v999.0.0' };
    const headers = { ...modern('server/discover'), 'mcp-protocol-version': 'v999.0.0' };

    const checked = check(headers, request('server/discover', { _meta }));

    expect(checked).to.have.property('code', 'revision_unsupported');
    expect(checked)
      .to.have.property('data')
      .that.deep.equals({ supported: [MODERN], requested: 'v999.0.0' });
  });

  it('does not echo an endless revision', () => {
    const _meta = { ...META, [VERSION]: 'x'.repeat(65) };

    const checked = check({}, request('server/discover', { _meta }));

    expect(checked)
      .to.have.property('data')
      .that.deep.equals({ supported: [MODERN] });
  });

  it('never quotes a header or a name in a reason', () => {
    const checked = check(named('s3cret-a'), callOf('s3cret-b'));

    expect(JSON.stringify(checked)).to.not.contain('s3cret');
  });

  it('takes a modern notification by its header alone', () => {
    const body = note('notifications/cancelled', { requestId: 1 });

    const checked = check({ 'mcp-protocol-version': MODERN }, body);

    expect(checked).to.include({ ok: true, era: 'modern' });
  });

  it('takes a modern notification by its body alone', () => {
    const body = note('notifications/cancelled', { requestId: 1, _meta: META });

    expect(check({}, body)).to.include({ ok: true, era: 'modern' });
  });

  it('names the era of a method that the revision removed, which asks for HTTP 404', () => {
    expect(check(modern('ping'), request('ping'))).to.include({
      code: 'method_unknown',
      era: 'modern',
    });
  });

  it('leaves a method that no revision knows to policy', () => {
    expect(check(modern('x/y'), request('x/y'))).to.include({ ok: true, era: 'modern' });
  });

  it('ignores a session in the modern era', () => {
    const checked = checkHeaders({
      headers: values(modern('tools/list')),
      message: messageOf(request('tools/list')),
      sessionRevision: '2025-06-18',
    });

    expect(checked).to.include({ ok: true, revision: MODERN });
  });

  const offers: readonly { offered: string | number; revision: Revision }[] = [
    { offered: '2025-11-25', revision: '2025-11-25' },
    { offered: '2024-11-05', revision: '2024-11-05' },
    { offered: MODERN, revision: '2025-03-26' },
    { offered: '1999-01-01', revision: '2025-03-26' },
    { offered: 5, revision: '2025-03-26' },
  ];
  for (const { offered, revision } of offers) {
    it(`takes a handshake that offers ${offered} without any header`, () => {
      const checked = check({}, request('initialize', { protocolVersion: offered }));

      expect(checked).to.deep.equal({ ok: true, revision, era: 'legacy' });
    });
  }

  it('takes a handshake with the header of a session that ended', () => {
    const headers = { 'mcp-protocol-version': '2025-06-18' };

    const checked = check(headers, request('initialize', { protocolVersion: '2025-11-25' }));

    expect(checked).to.include({ ok: true, revision: '2025-11-25' });
  });

  it('refuses a handshake with the header of an unknown revision', () => {
    const headers = { 'mcp-protocol-version': '2025-06-19' };

    const checked = check(headers, request('initialize', { protocolVersion: '2025-11-25' }));

    expect(checked).to.include({ ok: false, code: 'revision_unsupported' });
  });

  interface Legacy {
    readonly name: string;
    readonly header?: string;
    readonly session?: Revision;
    readonly outcome: string;
  }
  const legacy: readonly Legacy[] = [
    { name: 'no header and no session', outcome: '2025-03-26' },
    { name: 'no header in a session', session: '2025-11-25', outcome: '2025-11-25' },
    { name: 'a header without a session', header: '2025-06-18', outcome: '2025-06-18' },
    {
      name: 'the header of its session',
      header: '2025-06-18',
      session: '2025-06-18',
      outcome: '2025-06-18',
    },
    {
      name: 'the header of another session',
      header: '2025-06-18',
      session: '2025-11-25',
      outcome: 'header_mismatch',
    },
    {
      name: 'the header of an unknown revision',
      header: '2024-10-07',
      outcome: 'revision_unsupported',
    },
    { name: 'an empty header', header: '', outcome: 'revision_unsupported' },
  ];
  for (const { name, header, session, outcome } of legacy) {
    for (const body of [
      request('tools/list', {}),
      note('notifications/initialized'),
      { jsonrpc: '2.0', id: 1, result: {} },
    ]) {
      const kind = messageOf(body).kind;

      it(`judges a legacy ${kind} with ${name}`, () => {
        const checked = checkHeaders({
          headers: values(header === undefined ? {} : { 'mcp-protocol-version': header }),
          message: messageOf(body),
          ...(session === undefined ? {} : { sessionRevision: session }),
        });

        expect(checked.ok ? checked.revision : checked.code).to.equal(outcome);
      });
    }
  }

  it('does not ask legacy requests for mirror headers, nor compare them', () => {
    const headers = { 'mcp-method': 'prompts/list', 'mcp-name': 'x' };

    expect(check(headers, request('tools/list', {}))).to.include({ ok: true, era: 'legacy' });
  });

  it('lets a hand-made probe without _meta reach the server as legacy', () => {
    expect(check({}, request('server/discover', {}))).to.include({ ok: true, era: 'legacy' });
  });
});

describe('checkVersionHeader', () => {
  it('takes the revision of the session', () => {
    expect(checkVersionHeader({}, '2025-06-18')).to.include({ ok: true, revision: '2025-06-18' });
  });

  it('refuses another one', () => {
    const headers = values({ 'mcp-protocol-version': '2025-11-25' });

    expect(checkVersionHeader(headers, '2025-06-18')).to.include({ code: 'header_mismatch' });
  });

  it('refuses a header sent twice', () => {
    const headers = values({ 'mcp-protocol-version': ['2025-11-25', '2025-11-25'] });

    expect(checkVersionHeader(headers, '2025-11-25')).to.include({ code: 'header_mismatch' });
  });

  it('tells a modern GET by its era', () => {
    const headers = values({ 'mcp-protocol-version': MODERN });

    expect(checkVersionHeader(headers, undefined)).to.include({ ok: true, era: 'modern' });
  });
});
