// Runs `policy pin` in this process, against a server that behaves as a test wants.

import { policyPin } from './policy-pin.ts';
import { type Behaviour, type Heard, startScriptedServer } from './scripted-server.testkit.ts';

/** What $TOOL_TOKEN holds. */
export const SECRET = 'tok-4711-secret';

export interface Pinned {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export async function runPin(...args: readonly string[]): Promise<Pinned> {
  let out = '';
  let err = '';
  const code = await policyPin.run(args, {
    stdout: (text) => {
      out += text;
    },
    stderr: (text) => {
      err += text;
    },
    env: { TOOL_TOKEN: SECRET },
    stop: new AbortController().signal,
  });
  return { code, out, err };
}

export async function pinFrom(
  behaviour: Behaviour,
  ...flags: readonly string[]
): Promise<Pinned & { readonly heard: readonly Heard[] }> {
  const server = await startScriptedServer(behaviour);
  try {
    return { ...(await runPin('--upstream', server.url, ...flags)), heard: server.heard };
  } finally {
    await server.close();
  }
}
