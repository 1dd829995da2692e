// What a principal may not see is not in the list, no shared cache may keep the rest, and every
// other byte is the server's.

import { expect } from 'chai';
import { DEFAULT_MAX_TTL_MS, filterList, type ListReply, privatise } from './lists.ts';
import type { JsonValue } from './messages.ts';
import type { ListKind } from './methods.ts';
import { bytesOf } from './odd-json.testkit.ts';

const MODERN =
  '{"jsonrpc":"2.0", "id":1,"result":{ "resultType":"complete","tools":[ {"name":"add","n":1.0},' +
  '{"name":"secret"} ,{"name":"l\\u0069st"}],"nextCursor":"","ttlMs":3600000,"cacheScope":"public"}}\n';

describe('filterList', () => {
  it('hides what is not kept and leaves the rest as it was', () => {
    const filtered = filterList(reply(MODERN, { keep: (name) => name !== 'secret' }));

    expect(filtered).to.include({ ok: true, hidden: 1 });
    expect(textFrom(filtered)).to.equal(
      '{"jsonrpc":"2.0", "id":1,"result":{ "resultType":"complete","tools":[ {"name":"add","n":1.0}' +
        ' ,{"name":"l\\u0069st"}],"nextCursor":"","ttlMs":60000,"cacheScope":"private"}}\n',
    );
  });

  it('asks by the decoded name, once per item', () => {
    const asked: string[] = [];

    filterList(reply(MODERN, { keep: (name) => asked.push(name) > 0 }));

    expect(asked).to.deep.equal(['add', 'secret', 'list']);
  });

  it('may leave an empty page with a cursor', () => {
    const filtered = filterList(reply(MODERN, { keep: () => false }));

    expect(filtered).to.include({ ok: true, hidden: 3 });
    expect(JSON.parse(textFrom(filtered)).result).to.include({ nextCursor: '' });
    expect(JSON.parse(textFrom(filtered)).result.tools).to.deep.equal([]);
  });

  const kinds: readonly { list: ListKind; item: string }[] = [
    { list: 'tools', item: '{"name":"x:a"}' },
    { list: 'prompts', item: '{"name":"x:a"}' },
    { list: 'resources', item: '{"uri":"x:a","name":"shown"}' },
    { list: 'resourceTemplates', item: '{"uriTemplate":"x:a","name":"shown"}' },
  ];
  for (const { list, item } of kinds) {
    it(`filters ${list} by what names them`, () => {
      const text = `{"jsonrpc":"2.0","id":1,"result":{"${list}":[${item}]}}`;

      const filtered = filterList(reply(text, { list, keep: (name) => name !== 'x:a' }));

      expect(filtered).to.include({ ok: true, hidden: 1 });
    });
  }

  it('changes nothing of a legacy list in which all may be seen', () => {
    const text = '{"jsonrpc":"2.0","id":1,"result":{"tools":[{"name":"add"}]}}';
    const asked = reply(text, { revision: '2025-11-25' });

    expect(filterList(asked)).to.deep.equal({ ok: true, bytes: asked.bytes, hidden: 0 });
  });

  it('makes a legacy list private where the server sent cache hints', () => {
    const filtered = filterList(reply(MODERN, { revision: '2025-06-18' }));

    expect(JSON.parse(textFrom(filtered)).result).to.include({ cacheScope: 'private' });
  });

  it('makes a modern list private that has no scope, and adds no time to live', () => {
    const text = '{"jsonrpc":"2.0","id":1,"result":{"tools":[]}}';

    expect(textFrom(filterList(reply(text)))).to.equal(
      '{"jsonrpc":"2.0","id":1,"result":{"tools":[],"cacheScope":"private"}}',
    );
  });

  const times: readonly { ttlMs: string; clamped: string }[] = [
    { ttlMs: '0', clamped: '0' },
    { ttlMs: '5000', clamped: '5000' },
    { ttlMs: '5001', clamped: '5000' },
    { ttlMs: '1e400', clamped: '5000' },
    { ttlMs: '99999999999999999999', clamped: '5000' },
    { ttlMs: '"60000"', clamped: '5000' },
    { ttlMs: 'null', clamped: '5000' },
  ];
  for (const { ttlMs, clamped } of times) {
    it(`clamps a time to live of ${ttlMs} to ${clamped}`, () => {
      const text = `{"result":{"ttlMs":${ttlMs},"tools":[],"cacheScope":"private"}}`;

      const filtered = filterList(reply(text, { maxTtlMs: 5000 }));

      expect(textFrom(filtered)).to.equal(text.replace(ttlMs, clamped));
    });
  }

  it('lets an error pass', () => {
    const asked = reply('{"jsonrpc":"2.0","id":1,"error":{"code":-1,"message":"no"}}');

    expect(filterList(asked)).to.deep.equal({ ok: true, bytes: asked.bytes, hidden: 0 });
  });

  const malformed = [
    '{"result":{}}',
    '{"result":[]}',
    '{"result":null}',
    '{"result":null,"error":{}}',
    '{"result":{"tools":{}}}',
    '{"result":{"tools":null}}',
    '{"result":{"tools":["add"]}}',
    '{"result":{"tools":[null]}}',
    '{"result":{"tools":[[]]}}',
    '{"result":{"tools":[{"name":"add"},{"title":"add"}]}}',
    '{"result":{"tools":[{"name":1}]}}',
    '{"tools":[]}',
    '[]',
    '1',
  ];
  for (const text of malformed) {
    it(`withholds ${text}`, () => {
      const filtered = filterList(reply(text));

      expect(filtered).to.have.property('ok', false);
      expect(filtered)
        .to.have.property('reason')
        .that.matches(/result\.tools/);
    });
  }
});

describe('privatise', () => {
  it('makes a discovery private and short-lived', () => {
    const text = '{"result":{"ttlMs":86400000,"cacheScope":"public","supportedVersions":[]}}';

    expect(textFrom(privatise(reply(text)))).to.equal(
      `{"result":{"ttlMs":${DEFAULT_MAX_TTL_MS},"cacheScope":"private","supportedVersions":[]}}`,
    );
  });

  it('fills an empty modern result', () => {
    expect(textFrom(privatise(reply('{"result":{}}')))).to.equal(
      '{"result":{"cacheScope":"private"}}',
    );
  });

  it('lets an error pass and withholds what is no object', () => {
    expect(privatise(reply('{"error":{}}'))).to.include({ ok: true });
    expect(privatise(reply('{"result":"x"}'))).to.include({ ok: false });
  });
});

function reply(text: string, others: Partial<ListReply> = {}): ListReply {
  const value: JsonValue = JSON.parse(text);
  const bytes = bytesOf(text);
  return { bytes, value, list: 'tools', keep: () => true, revision: '2026-07-28', ...others };
}

function textFrom(shaped: ReturnType<typeof filterList>): string {
  return shaped.ok ? Buffer.from(shaped.bytes).toString('utf8') : shaped.reason;
}
