// People at the approvals of one gateway: each with a token of their own from the real provider, through
// the real CLI, or with HTTP of a test's own making.

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ShownApproval } from '#core/approvals/shown.ts';
import type { CliResult } from '#e2e/demo/cli.ts';
import type { Fixture } from '#e2e/servers/serve.ts';
import { APPROVAL_AUDIENCE, pending } from './approving.ts';
import type { Rig, TokenWishes } from './rig.ts';
import { type Answer, bearer, callTool, messageOf, modern, type Rpc, send } from './wire.ts';

export class Desk {
  readonly #rig: Rig<Fixture>;
  #tokens = 0;

  constructor(rig: Rig<Fixture>) {
    this.#rig = rig;
  }

  /** A token for approvals, unless another audience is wished for. */
  token(sub: string, wishes: TokenWishes = {}): Promise<string> {
    return this.#rig.token(sub, { audience: APPROVAL_AUDIENCE, ...wishes });
  }

  /** `gatehouse approvals …` as this person. */
  async cli(sub: string, words: readonly string[], wishes: TokenWishes = {}): Promise<CliResult> {
    const token = await this.token(sub, wishes);
    this.#tokens += 1;
    const file = join(this.#rig.directory, `token-${this.#tokens}`);
    await writeFile(file, `${token}\n`, { mode: 0o600 });
    const at = ['--url', this.#rig.gatehouse.adminUrl, '--token-file', file];
    return this.#rig.cli('approvals', ...words, ...at);
  }

  /** What the API says to this person of all that they may see. */
  async list(sub: string): Promise<readonly ShownApproval[]> {
    const answer = await this.http('/approvals', { token: await this.token(sub) });
    if (answer.status !== 200) throw new Error(answer.text);
    return JSON.parse(answer.text).approvals;
  }

  async show(sub: string, id: string): Promise<ShownApproval> {
    const answer = await this.http(`/approvals/${id}`, { token: await this.token(sub) });
    if (answer.status !== 200) throw new Error(answer.text);
    return JSON.parse(answer.text);
  }

  /** HTTP of a test's own making; a body is sent as JSON. */
  async http(path: string, { token, body }: { token?: string; body?: object }): Promise<Answer> {
    return send(`${this.#rig.gatehouse.adminUrl}${path}`, {
      method: body === undefined ? 'GET' : 'POST',
      headers: [
        ...(token === undefined ? [] : [bearer(token)]),
        ...(body === undefined ? [] : ([['content-type', 'application/json']] as const)),
      ],
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  }

  /** Alice asks for a refund; resolves with what her client hears in the end. */
  async refund(args: object, wishes: TokenWishes = {}): Promise<Rpc> {
    const token = await this.#rig.token('alice', wishes);
    return messageOf(await send(this.#rig.url, modern(token, callTool('refund', args))));
  }

  /** The one request that waits. */
  waiting(): Promise<ShownApproval> {
    return pending(this.#rig);
  }

  /** Type, who and why not of each record about this approval. */
  async story(id: string): Promise<readonly string[]> {
    return (await this.#rig.records())
      .filter(({ approval }) => approval?.id === id)
      .map(({ type, approval }) =>
        [type, approval?.approver, approval?.refusal]
          .filter((part) => part !== undefined)
          .join(' '),
      );
  }
}

export function textOf({ result }: Rpc): string {
  return result?.content?.[0]?.text ?? '';
}
