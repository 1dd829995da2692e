// What `gatehouse approvals` prints of broken glass, and what it wants of a review; how it asks is in
// approvals.test.ts.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect } from 'chai';
import {
  approver,
  breaking,
  GLASS_TERMS,
  request,
  reviewing,
  T0,
} from '#core/approvals/approvals.testkit.ts';
import { glassOf } from '#core/approvals/break-glass.ts';
import { move } from '#core/approvals/moves.testkit.ts';
import { shownApproval, shownWhole } from '#core/approvals/shown.ts';
import { requested } from '#core/approvals/states.ts';
import { approvalsBreakGlass, approvalsShow } from './approvals.ts';
import { approvalsReview, approvalsReviews } from './approvals-reviews.ts';
import { type Command, UsageError } from './command.ts';

const asked = request('1', { terms: GLASS_TERMS });
const olga = approver('olga', { groups: ['oncall'] });
const broken = move(requested(asked, T0), { kind: 'break', ...breaking(asked, olga) });
const review = reviewing(glassOf(broken)!, approver('bob'));
const reviewed = move(broken, { kind: 'review', ...review });

describe('gatehouse approvals, where glass is broken,', () => {
  const sent: string[] = [];
  let folder: string;
  let env: Readonly<Record<string, string>>;
  let status = 200;
  let answer: unknown;

  const server = createServer((req, res) => {
    void text(req).then((body) => {
      sent.push(`${req.method} ${req.url} ${body}`);
      res.writeHead(status).end(JSON.stringify(answer));
    });
  });

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gatehouse-cli-'));
    await writeFile(join(folder, 'token'), 'a.b.c\n');
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    env = {
      GATEHOUSE_URL: `http://127.0.0.1:${port}`,
      GATEHOUSE_TOKEN_FILE: join(folder, 'token'),
    };
  });

  after(async () => {
    server.close();
    server.closeAllConnections();
    await rm(folder, { recursive: true, force: true });
  });

  beforeEach(() => {
    sent.length = 0;
    status = 200;
  });

  async function run(command: Command, ...args: readonly string[]) {
    let out = '';
    const write = (said: string) => {
      out += said;
    };
    const io = { stdout: write, stderr: write, env, stop: new AbortController().signal };
    const code = await command.run(args, io).catch((error: unknown) => {
      if (!(error instanceof UsageError)) throw error;
      return error.message;
    });
    return { code, out };
  }

  it('breaks it with a reason', async () => {
    answer = shownWhole(broken);

    const { code } = await run(approvalsBreakGlass, 'request-1', '--reason', 'payments are down');

    expect(code).to.equal(0);
    expect(sent).to.deep.equal([
      'POST /approvals/request-1/break-glass {"reason":"payments are down"}',
    ]);
    expect((await run(approvalsBreakGlass, 'request-1')).code).to.match(/--reason/);
  });

  it('says where to look when an overdue review stands in the way', async () => {
    status = 409;
    answer = { code: 'review_overdue', reason: 'review that first' };

    const { code, out } = await run(approvalsBreakGlass, 'request-1', '--reason', 'down');

    expect(code).to.equal(1);
    expect(out).to.match(
      /review that first \(review_overdue\)\n +see "gatehouse approvals reviews"/,
    );
  });

  it('lists what is to be reviewed, and what has been', async () => {
    answer = { approvals: [shownApproval(broken), shownApproval(reviewed)] };

    const { out } = await run(approvalsReviews);
    await run(approvalsReviews, '--review', 'done', '--limit', '5');

    expect(out).to.match(/^ID +WHAT +BROKEN BY +AT +REVIEW +WHY/);
    expect(out).to.match(
      /request-1 +tool refund +olga .* due 2026-01-02 00:00:00Z +payments are down/,
    );
    expect(out).to.match(/justified, says bob/);
    expect(sent).to.deep.equal([
      'GET /approvals?review=open&review=overdue ',
      'GET /approvals?review=done&limit=5 ',
    ]);
    answer = { approvals: [] };
    expect((await run(approvalsReviews)).out).to.equal('no broken glass that you have a say in\n');
    expect((await run(approvalsReviews, '--review', 'late')).code).to.match(/--review must be one/);
  });

  it('reviews it with a verdict and a reason, and shows both', async () => {
    answer = shownWhole(reviewed);

    await run(approvalsReview, 'request-1', '--verdict', 'justified', '--reason', 'it was');
    const { out } = await run(approvalsShow, 'request-1');

    expect(sent[0]).to.equal(
      'POST /approvals/request-1/review {"verdict":"justified","reason":"it was"}',
    );
    expect(out).to.match(/^glass +broken by olga \(https:.* payments are down$/m);
    expect(out).to.match(/^review +justified by bob .*: it was$/m);
    expect((await run(approvalsReview, 'request-1', '--reason', 'x')).code).to.match(/--verdict/);
    expect(
      (await run(approvalsReview, 'request-1', '--verdict', 'fine', '--reason', 'x')).code,
    ).to.match(/--verdict/);
  });
});
