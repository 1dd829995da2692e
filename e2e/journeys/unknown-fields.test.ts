import { expect } from 'chai';
import { type Rig, startRig } from './rig.ts';
import { event, json, type ScriptedServer, sse, startScripted } from './scripted-server.ts';
import { callTool, modern, send } from './wire.ts';

/** What a server of some later revision might say, spelled as no serializer of ours would. */
const ANSWERS: readonly { readonly name: string; readonly text: string }[] = [
  {
    name: 'fields that nobody knows',
    text: '{"x-envelope": {"a":[1,2.50]},"jsonrpc":"2.0", "id":1,"result":{"resultType":"complete","content":[{"type":"x-hologram","x":{"y":null}}],"x-result":{"constructor":{}},"_meta":{"vendor/x":1}}}',
  },
  {
    name: 'numbers that no double holds',
    text: '{"jsonrpc":"2.0","id":1,"result":{"resultType":"complete","content":[],"structuredContent":{"id":12345678901234567890,"rate":1.10,"big":1e400}}}',
  },
  {
    name: 'escapes, white space and keys that mean something to some programs',
    text: '{\r\n\t"jsonrpc" : "2.0","id":1.0,"result":{"content":[{"type":"text","text":"\\u0061\\/ \u2028 \\ud83d\\ude00"}],"__proto__":{"x":1},"resultType":"complete"} }\n',
  },
  {
    name: 'a result type that does not exist yet',
    text: '{"jsonrpc":"2.0","id":1,"result":{"resultType":"x-future","ticket":"t"}}',
  },
  {
    name: 'an error with a code and data of its own',
    text: '{"jsonrpc":"2.0","id":1,"error":{"code":-32099,"message":"x","data":{"a":1.0},"x":1},"x":2}',
  },
];

// Promise 4: unknown fields, unlike everything else that is unknown, are none of our business.
describe('what a server answers beyond what Gatehouse reads', () => {
  let rig: Rig<ScriptedServer>;
  before(async () => {
    rig = await startRig({
      server: startScripted,
      specs: [{ rules: [{ name: 'all', effect: 'Allow', match: { tools: ['*'] } }] }],
    });
  });
  after(() => rig.close());

  for (const { name, text } of ANSWERS) {
    it(`reaches the client byte for byte as JSON: ${name}`, async () => {
      rig.server.play(json(text));

      const answer = await send(rig.url, modern(await rig.token(), callTool('echo')));

      expect(answer.text).to.equal(text);
    });

    it(`reaches the client byte for byte inside a stream: ${name}`, async () => {
      const lines = text.split(/\r?\n/).map((line) => `data:${line}`);
      const events = `id: 7\nretry: 10\nevent: message\nx-field: 1\n${lines.join('\n')}\n\n`;
      rig.server.play(sse(events));

      const answer = await send(rig.url, modern(await rig.token(), callTool('echo')));

      expect(answer.text).to.equal(events);
    });
  }

  it('reaches the client in notifications too, in their order', async () => {
    const progress =
      '{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":"p","progress":1.0,"x":12345678901234567890}}';
    const log =
      '{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"x-level","data":{"x":[1.50]}},"x":1}';
    const last = ANSWERS[0]?.text ?? '';
    const text = [progress, log, progress.replace('1.0', '2.0'), last].map(event).join('');
    rig.server.play(sse(text));

    const answer = await send(rig.url, modern(await rig.token(), callTool('echo')));

    expect(answer.text).to.equal(text);
  });

  it('keeps its bytes around a list that is filtered', async () => {
    const item = (name: string): string =>
      `{ "name" : "${name}","x":1.0,"inputSchema":{"$ref":"#"} }`;
    const before = '{"jsonrpc":"2.0","id":1,"result":{"x-first":1.50, "tools":[';
    const after =
      '],"nextCursor":"","resultType":"complete","cacheScope":"private","ttlMs":1000.0}}';
    rig.server.play(json(`${before}${item('a')} ,\n${item('secret')} , ${item('b')}${after}`));
    await rig.activate({
      rules: [
        { name: 'all', effect: 'Allow', match: { tools: ['*'] } },
        { name: 'no', effect: 'Deny', match: { tools: ['secret'] } },
      ],
    });

    const answer = await send(rig.url, modern(await rig.token(), { method: 'tools/list' }));

    expect(answer.text).to.match(
      /^\{"jsonrpc":"2\.0","id":1,"result":\{"x-first":1\.50, "tools":\[/,
    );
    expect(answer.text.endsWith(after)).to.equal(true);
    expect(answer.text).to.include(item('a')).and.include(item('b')).and.not.include('secret');
    expect(() => JSON.parse(answer.text)).to.not.throw();
  });
});
