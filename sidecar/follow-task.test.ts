import { expect } from 'chai';
import type { PendingApproval } from '#core/approvals/approval.ts';
import { ApprovalStoreFault } from '#core/approvals/store.ts';
import type { JsonObject } from '#core/mcp/messages.ts';
import { followTask } from './follow-task.ts';
import { ALICE, askingWith, Ladder } from './ladder.testkit.ts';
import { OwnTask } from './own-task.ts';
import { type GoingOn, OwnTasks } from './own-tasks.ts';
import { proceedTask } from './proceed-task.ts';

const OK = { jsonrpc: '2.0', id: 1, result: { content: [] } };

/** A task of a call that waits on a ladder, and what its call is let go on with. */
class Following {
  readonly ladder = new Ladder({ holdSeconds: 0 });
  readonly went: GoingOn[] = [];
  answers: { readonly status: number; readonly body: object }[] = [];

  /** `first` happens before it is followed. */
  async start(by = ALICE, first = () => {}): Promise<{ task: OwnTask; over: Promise<void> }> {
    const { gate } = this.ladder;
    const climb = this.ladder.climb({ by });
    const approval = (await this.ladder.asked()) as PendingApproval;
    await climb.obtained;
    const { request } = climb.exchange.facts;
    if (request === undefined) throw new Error('no request');
    const { exchange } = climb;
    const call = { exchange, admission: climb.admission, head: climb.head, request };
    const task = new OwnTask({
      name: {
        ...{ kind: 'own', call: exchange.facts.id, tool: 'pay', sealed: 'sealed' },
        ...{ approvalId: approval.request.id, createdSeconds: 0, isHere: true },
      } as OwnTask['name'],
      course: { call, approvalId: approval.request.id, definition: '' },
      proof: { head: climb.head, principal: by },
      message: 'waiting',
      nowMillis: this.ladder.now,
      untilMillis: this.ladder.now + 60_000,
    });
    const ownTasks = new OwnTasks({
      isReachable: true,
      nowMillis: () => this.ladder.now,
      run: async (going) => {
        this.went.push(going);
        const { status, body } = this.answers.shift() ?? { status: 200, body: OK };
        going.client.send({ status, headers: {}, body: Buffer.from(JSON.stringify(body)) });
      },
    });
    Object.assign(gate, { ownTasks });
    first();
    return { task, over: followTask(task, approval, gate) };
  }
}

describe('a task of ours', () => {
  let following: Following;

  beforeEach(() => {
    following = new Following();
  });

  afterEach(() => following.ladder.stop());

  it('goes on when its request is granted, under that approval alone', async () => {
    const { task, over } = await following.start();
    const { request } = await following.ladder.decide();
    await over;

    expect(following.went.map(({ under }) => under.standing)).to.deep.equal([request.id]);
    expect(following.went[0]?.refusal).to.equal(undefined);
    expect(task.words().status).to.equal('completed');
  });

  it('ends without going on when it is denied', async () => {
    const { over } = await following.start();
    await following.ladder.decide('deny');
    await over;

    expect(following.went[0]?.refusal?.code).to.equal('approval_refused');
  });

  it('ends when another policy would ask for something else, also while it waits', async () => {
    const { over } = await following.start();
    following.ladder.activate(askingWith({ message: 'other words' }));
    await over;

    expect(following.went[0]?.refusal?.reason).to.include('has changed');
  });

  it('waits out a store that is away, and asks it again', async () => {
    const { ladder } = following;
    const { store } = ladder;
    let faults = 0;
    const waitFor = store.waitFor.bind(store);
    const goAway = () => {
      store.waitFor = (seen, signal) => {
        faults += 1;
        if (faults > 1) return waitFor(seen, signal);
        return Promise.reject(new ApprovalStoreFault('unavailable', 'away'));
      };
    };
    const { task, over } = await following.start(ALICE, goAway);
    await ladder.decide();
    await over;

    expect(faults).to.equal(2);
    expect(task.words().status).to.equal('completed');
  });

  it('is tried again where the store went away before its grant was spent', async () => {
    const error = { code: -31011, message: 'away' };
    following.answers = [{ status: 200, body: { jsonrpc: '2.0', id: 1, error } }];
    const { task, over } = await following.start();
    await following.ladder.decide();
    await over;

    expect(following.went).to.have.length(2);
    expect(task.words().status).to.equal('completed');
  });

  it('waits for a newer token where its own has run out, and goes on with that', async () => {
    const { ladder } = following;
    const { task, over } = await following.start({
      ...ALICE,
      expiresAtSeconds: ladder.now / 1000 + 5,
    });
    ladder.now += 10_000;
    await ladder.decide();
    while (!task.words().statusMessage.includes('has run out')) {
      await new Promise((resolve) => setImmediate(resolve));
    }
    const before = following.went.length;
    const newer = ladder.climb();
    task.renew({ head: newer.head, principal: ALICE });
    await over;

    expect([before, following.went.length]).to.deep.equal([0, 1]);
    expect(following.went[0]?.head.headers.authorization).to.deep.equal(
      newer.head.headers.authorization,
    );
    expect(task.proof.head.headers).to.deep.equal(task.course.call.head.headers);
  });

  const ASKS = {
    jsonrpc: '2.0',
    id: 1,
    result: {
      resultType: 'input_required',
      inputRequests: { name: { method: 'elicitation/create', params: {} } },
    },
  };
  const update = (inputResponses: object) => {
    const params = { taskId: 'sealed', inputResponses } as unknown as JsonObject;
    const request = { kind: 'request', id: 2, method: 'tasks/update', params } as const;
    return { request, received: Buffer.from(JSON.stringify({ params })) };
  };
  const asking = async () => {
    following.answers = [{ status: 200, body: ASKS }];
    const started = await following.start();
    await following.ladder.decide();
    while (started.task.inputs === undefined) {
      await new Promise((resolve) => setImmediate(resolve));
    }
    return started;
  };

  it('goes on with what its client brings, and not before all of it is there', async () => {
    const { task, over } = await asking();
    const { gate } = following.ladder;
    const status = task.words().status;
    const partial = proceedTask(task, update({ other: 1 }), gate);
    const whole = proceedTask(task, update({ name: { action: 'accept' } }), gate);
    await over;

    expect([status, partial, whole]).to.deep.equal(['input_required', false, true]);
    expect(following.went).to.have.length(2);
    const { admission, under } = following.went[1] ?? {};
    expect(Buffer.from(admission?.bytes ?? []).toString()).to.include(
      '"inputResponses":{"name":{"action":"accept"}}',
    );
    expect(under).to.have.keys('onPending');
    expect(proceedTask(task, update({ name: {} }), gate)).to.equal(false);
  });

  it('is over when it is cancelled while its client is asked', async () => {
    const { task, over } = await asking();
    task.cancel(following.ladder.now);
    await over;

    expect(following.went).to.have.length(1);
    expect(task.words().status).to.equal('cancelled');
  });

  it('has failed after a fault of ours', async () => {
    const { task, over } = await following.start();
    Object.assign(following.ladder.gate.ownTasks, {
      run: () => Promise.reject(new Error('broken')),
    });
    await following.ladder.decide();
    await over;

    expect(task.words().status).to.equal('failed');
    expect(Buffer.from(task.answer?.json ?? []).toString()).to.not.include('broken');
  });

  it('is let go with the gateway, and its request stays', async () => {
    const { task, over } = await following.start();
    following.ladder.stop();
    await over;

    expect(following.went).to.deep.equal([]);
    expect(task.words().status).to.equal('working');
    expect(await following.ladder.states()).to.deep.equal(['PENDING']);
  });
});
