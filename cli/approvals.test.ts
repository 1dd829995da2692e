// `gatehouse approvals` against a server of a few lines that answers as the API does, and as it does not.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect } from 'chai';
import { approver, ballot, request, T0 } from '#core/approvals/approvals.testkit.ts';
import { move } from '#core/approvals/moves.testkit.ts';
import { shownApproval, shownWhole } from '#core/approvals/shown.ts';
import { requested } from '#core/approvals/states.ts';
import {
  approvalsApprove,
  approvalsCancel,
  approvalsDeny,
  approvalsList,
  approvalsRevoke,
  approvalsShow,
} from './approvals.ts';
import { type Command, UsageError } from './command.ts';

const ASKED = request('1');
const PENDING = requested(ASKED, T0);
const GRANTED = move(PENDING, { kind: 'vote', ...ballot(ASKED, approver('bob')) });
const TOKEN = 'header.s3cret.signature';
const REASON = ['--reason', 'checked with the customer'];

type Answer = (asked: Asked) => { readonly status: number; readonly body: string };
interface Asked {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly token: string | undefined;
  readonly body: string;
}

describe('gatehouse approvals', () => {
  const asked: Asked[] = [];
  let folder: string;
  let url: string;
  let tokenFile: string;
  let answer: Answer;

  const server = createServer((req: IncomingMessage, res: ServerResponse) => {
    void text(req).then((body) => {
      const one = { method: req.method, url: req.url, token: req.headers.authorization, body };
      asked.push(one);
      const { status, body: said } = answer(one);
      res.writeHead(status, { 'content-type': 'application/json' }).end(said);
    });
  });

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gatehouse-cli-'));
    tokenFile = join(folder, 'token');
    await writeFile(tokenFile, `${TOKEN}\n`);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });

  beforeEach(() => {
    asked.length = 0;
  });

  after(async () => {
    server.close();
    server.closeAllConnections();
    await rm(folder, { recursive: true, force: true });
  });

  function says(status: number, body: unknown): void {
    answer = () => ({ status, body: JSON.stringify(body) });
  }

  async function run(command: Command, ...args: readonly string[]) {
    let stdout = '';
    let stderr = '';
    const io = {
      stdout: (said: string) => {
        stdout += said;
      },
      stderr: (said: string) => {
        stderr += said;
      },
      env: { GATEHOUSE_URL: url, GATEHOUSE_TOKEN_FILE: tokenFile },
      stop: new AbortController().signal,
    };
    const code = await command.run(args, io);
    expect(stdout + stderr).not.to.include('s3cret');
    return { code, stdout, stderr };
  }

  async function usage(command: Command, ...args: readonly string[]): Promise<string> {
    const thrown = await run(command, ...args).catch((error: unknown) => error);
    if (!(thrown instanceof UsageError)) throw new Error(`no usage error: ${String(thrown)}`);
    expect(thrown.message).not.to.include('s3cret');
    return thrown.message;
  }

  it('lists, for people and as JSON, with a token that it does not show', async () => {
    says(200, { approvals: [shownApproval(PENDING)] });

    const human = await run(approvalsList, '--state', 'pending', '--limit', '5');
    const json = await run(approvalsList, '--json');

    expect(asked[0]).to.deep.equal({
      method: 'GET',
      url: '/approvals?state=PENDING&limit=5',
      token: `Bearer ${TOKEN}`,
      body: '',
    });
    expect(human.stdout).to.match(/^ID +STATE +WHAT/);
    expect(human.stdout).to.match(
      /request-1 +PENDING +tool refund +alice \(https:\/\/idp\.example\)/,
    );
    expect(JSON.parse(json.stdout)).to.deep.equal([shownApproval(PENDING)]);
    expect([human.code, json.code]).to.deep.equal([0, 0]);
  });

  it('says so when there is nothing', async () => {
    says(200, { approvals: [] });

    expect((await run(approvalsList)).stdout).to.equal(
      'nothing that you may decide or have asked for\n',
    );
  });

  it('shows one with its arguments, and nothing in it is obeyed by a terminal', async () => {
    const evil = {
      ...shownWhole(PENDING),
      requester: 'al\u001b[2Jice',
      arguments: '{"to":"\u202eevil","n":50.50}',
    };
    says(200, evil);

    const { stdout } = await run(approvalsShow, 'request-1');

    expect(stdout).to.match(/^approval +request-1$/m);
    expect(stdout).to.match(/^who +al\\u\{1b\}\[2Jice/m);
    expect(stdout).to.match(/^needs +finance: 1 of group finance/m);
    expect(stdout).to.include('  "to": "\\u{202e}evil",\n  ');
    expect(stdout).to.include('50.50');
    for (const unsafe of ['\u001b', '\u202e']) expect(stdout).not.to.include(unsafe);
  });

  it('says when arguments are too long to be shown whole', async () => {
    says(200, { ...shownWhole(PENDING), arguments: JSON.stringify(Array(900).fill(1)) });

    const { stdout } = await run(approvalsShow, 'request-1');

    expect(stdout).to.match(/… \d+ characters are not shown; see them all with --json/);
  });

  it('shows a digest, and approves what has it alone', async () => {
    const { digest = '' } = shownWhole(PENDING);
    says(200, shownWhole(PENDING));
    const shown = await run(approvalsShow, 'request-1');
    says(200, shownWhole(GRANTED));

    await run(approvalsApprove, 'request-1', ...REASON, '--seen', digest);
    const denying = await usage(approvalsDeny, 'request-1', ...REASON, '--seen', digest);

    expect(shown.stdout).to.match(new RegExp(`^digest +${digest}$`, 'm'));
    expect(JSON.parse(asked[1]?.body ?? '')).to.have.property('seen', digest);
    expect(denying).to.equal('--seen is not for deny');
  });

  it('decides with a reason, and tells what has become of it', async () => {
    says(200, shownWhole(GRANTED));

    const approved = await run(approvalsApprove, 'request-1', ...REASON);
    await run(approvalsDeny, 'request-1', ...REASON);
    await run(approvalsRevoke, 'request-1', ...REASON, '--json');
    await run(approvalsCancel, 'request-1');

    expect(approved.stdout).to.equal('request-1 GRANTED, 0 of 1 used\n');
    const body = '{"reason":"checked with the customer"}';
    expect(asked.map(({ method, url: path, body: sent }) => [method, path, sent])).to.deep.equal([
      ['POST', '/approvals/request-1/approve', body],
      ['POST', '/approvals/request-1/deny', body],
      ['POST', '/approvals/request-1/revoke', body],
      ['POST', '/approvals/request-1/cancel', '{}'],
    ]);
  });

  const refusals: readonly [status: number, code: string, hint: RegExp][] = [
    [403, 'requester', /\(requester\)/],
    [403, 'sign_in_stale', /max_age=900/],
    [403, 'audience_wrong', /spec\.identity\.approvalAudience/],
    [401, 'token_invalid', /get a new token/],
    [404, 'unknown', /approvals list/],
    [409, 'not_pending', /\(not_pending\)/],
  ];
  for (const [status, code, hint] of refusals) {
    it(`says what to do about ${code}, and ends with 1`, async () => {
      says(status, { code, reason: 'so it is' });

      const refused = await run(approvalsApprove, 'request-1', ...REASON);

      expect(refused).to.include({ code: 1, stdout: '' });
      expect(refused.stderr)
        .to.match(/^gatehouse: so it is/)
        .and.match(hint);
    });
  }

  const strange: readonly [name: string, status: number, body: string][] = [
    [
      'a gateway that cannot decide now',
      503,
      '{"code":"evidence_unavailable","reason":"try again"}',
    ],
    ['an answer of something else', 404, 'try /livez\n'],
    ['an answer that is no approval', 200, '{"id":7}'],
    ['a redirect', 302, '{}'],
  ];
  for (const [name, status, body] of strange) {
    it(`ends with 2 after ${name}`, async () => {
      answer = () => ({ status, body });

      const { code, stdout, stderr } = await run(approvalsShow, 'request-1');

      expect([code, stdout]).to.deep.equal([2, '']);
      expect(stderr).to.match(/^gatehouse: /);
    });
  }

  it('ends with 2 when nothing answers, and says where to look', async () => {
    const closed = await run(approvalsList, '--url', 'http://127.0.0.1:1');

    expect(closed.code).to.equal(2);
    expect(closed.stderr).to.match(/--url/);
  });

  it('takes plain http on loopback only', async () => {
    expect(await usage(approvalsList, '--url', 'http://gatehouse.example:9090')).to.match(
      /^--url: plain http/,
    );
    expect(asked).to.deep.equal([]);
  });

  it('names what is wrong with the token file, never what is in it', async () => {
    const bad = join(folder, 'bad');
    await writeFile(bad, 's3cret one\ns3cret two\n');

    expect(await usage(approvalsList, '--token-file', join(folder, 'none'))).to.match(/ENOENT/);
    expect(await usage(approvalsList, '--token-file', bad)).to.match(/one token and nothing else/);
  });

  it('wants an id and a reason', async () => {
    expect(await usage(approvalsApprove, 'request-1')).to.match(/--reason/);
    expect(await usage(approvalsShow)).to.match(/ID is missing/);
    expect(await usage(approvalsShow, '../livez')).to.match(/ID must be/);
    expect(await usage(approvalsList, '--state', 'open')).to.match(
      /--state must be one of PENDING/,
    );
  });
});
