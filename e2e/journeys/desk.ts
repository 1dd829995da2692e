// People at the approvals of one gateway: each with a token of their own from the real provider, through
// the real CLI, or with HTTP of a test's own making.

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ShownApproval } from '#core/approvals/shown.ts';
import type { ApprovalConfig } from '#crds/policy.ts';
import type { CliResult } from '#e2e/demo/cli.ts';
import type { Fixture } from '#e2e/servers/serve.ts';
import type { Rig, Spec, TokenWishes } from './rig.ts';
import { until } from './until.ts';
import { type Answer, bearer, callTool, messageOf, modern, type Rpc, send } from './wire.ts';

/** What approvers sign in for. */
export const APPROVALS = 'https://approvals.corp.example';

/** Who the people behind tokens are; for `claims` of a rig. */
export const CLAIMS = { person: 'email' };

/** Refunds wait until finance has said so. */
export function askingSpec(finance: Partial<ApprovalConfig> = {}): Spec {
  return {
    identity: { approvalAudience: APPROVALS },
    rules: [
      { name: 'read', effect: 'Allow', match: { tools: ['echo'] } },
      {
        name: 'refunds',
        effect: 'RequireApproval',
        match: { tools: ['refund'] },
        approval: 'finance',
      },
    ],
    approvals: [{ name: 'finance', approvers: { groups: ['finance'] }, ...finance }],
  };
}

export class Desk {
  readonly #rig: Rig<Fixture>;
  #tokens = 0;

  constructor(rig: Rig<Fixture>) {
    this.#rig = rig;
  }

  /** A token for approvals, unless another audience is wished for. */
  token(sub: string, wishes: TokenWishes = {}): Promise<string> {
    return this.#rig.token(sub, { audience: APPROVALS, ...wishes });
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
  waiting(sub = 'carol'): Promise<ShownApproval> {
    return until('a request that waits', async () => {
      const all = await this.list(sub);
      const [only, ...others] = all.filter(({ state }) => state === 'PENDING');
      return others.length === 0 && only;
    });
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

  /** Exit code of `evidence verify` with the trust key. */
  async verified(): Promise<number | null> {
    const { data, gatehouse } = this.#rig;
    return (await this.#rig.cli('evidence', 'verify', data, '--trust', gatehouse.trustKey)).code;
  }
}

export function textOf({ result }: Rpc): string {
  return result?.content?.[0]?.text ?? '';
}
