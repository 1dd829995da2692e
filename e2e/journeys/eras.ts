// The same two things said in either era: which tools are there, and call this one.

import { start as startLegacy } from '#e2e/servers/legacy-fixture.ts';
import { start as startModern } from '#e2e/servers/modern-fixture.ts';
import type { Fixture } from '#e2e/servers/serve.ts';
import { LegacySession, toolCall } from './legacy-session.ts';
import { callTool, messageOf, modern, type Rpc, send } from './wire.ts';

export interface Talk {
  /** Names of the tools that are listed. */
  list(): Promise<readonly string[]>;
  call(tool: string, args?: object): Promise<Rpc>;
}

export interface EraUnderTest {
  readonly era: 'legacy' | 'modern';
  readonly server: () => Promise<Fixture>;
  readonly talk: (url: string, token: string) => Promise<Talk>;
  /** What the fixture is told to announce on its streams. */
  readonly listChanged: object;
}

export const ERAS: readonly EraUnderTest[] = [
  {
    era: 'legacy',
    server: () => startLegacy(),
    talk: talkLegacy,
    listChanged: { method: 'notifications/tools/list_changed' },
  },
  {
    era: 'modern',
    server: () => startModern(),
    talk: talkModern,
    listChanged: { kind: 'tools_list_changed' },
  },
];

async function talkLegacy(url: string, token: string): Promise<Talk> {
  const session = await LegacySession.open(url, token);
  let id = 0;
  const ask = async (message: object): Promise<Rpc> => {
    id += 1;
    return messageOf(await session.post({ ...message, id }));
  };
  return {
    list: async () => namesIn(await ask({ method: 'tools/list' })),
    call: (tool, args) => ask(toolCall(0, tool, args)),
  };
}

async function talkModern(url: string, token: string): Promise<Talk> {
  const ask = async (asked: Parameters<typeof modern>[1]): Promise<Rpc> =>
    messageOf(await send(url, modern(token, asked)));
  return {
    list: async () => namesIn(await ask({ method: 'tools/list' })),
    call: (tool, args) => ask(callTool(tool, args)),
  };
}

function namesIn({ result }: Rpc): readonly string[] {
  return (result?.tools ?? []).map(({ name }) => name);
}
