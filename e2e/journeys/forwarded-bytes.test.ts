import { expect } from 'chai';
import { start as startLegacy } from '#e2e/servers/legacy-fixture.ts';
import { start as startModern } from '#e2e/servers/modern-fixture.ts';
import type { Fixture } from '#e2e/servers/serve.ts';
import { LegacySession } from './legacy-session.ts';
import { type Rig, type Spec, startRig } from './rig.ts';
import { type Answer, bearer, callTool, messageOf, modern, send } from './wire.ts';

const SPEC: Spec = {
  rules: [{ name: 'echo', effect: 'Allow', match: { tools: ['echo', 'add'] } }],
};

const META =
  '"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}';

/** One message, as no serializer would write it. */
const ODD_BODIES: readonly {
  readonly name: string;
  readonly body: string;
  readonly tool?: string;
}[] = [
  {
    name: 'white space and order of keys',
    body: `\t{\r\n "params" : { "arguments" :{"message":"hi"\n}, ${META} ,"name":\t"echo" },"method":"tools/call" , "id" : 1,\n"jsonrpc":"2.0"}\n `,
  },
  {
    name: 'escapes that need not be',
    body: `{"jsonrpc":"2.0","id":1,"method":"tools\\/call","params":{"n\\u0061me":"\\u0065cho","arguments":{"message":"\\u0068\\ud83d\\ude00\\/\\b"},${META}}}`,
  },
  {
    name: 'numbers that a double would write otherwise',
    body: `{"jsonrpc":"2.0","id":1.0,"method":"tools/call","params":{"name":"add","arguments":{"a":0.1000000000000000055511151231257827,"b":1.50e+2},${META}}}`,
    tool: 'add',
  },
  {
    name: 'text of every plane and direction',
    body: `{"jsonrpc":"2.0","id":"ключ-🔑","method":"tools/call","params":{"name":"echo","arguments":{"message":"a\u2028b\u0000\u202e𝒳é\u0065\u0301".replace}`,
  },
];
