import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { expect } from 'chai';
import type { Fixture } from '#e2e/servers/serve.ts';
import { ENDLESS, startTaskServer } from '#e2e/servers/task-server.ts';
import { type Rig, type Spec, startRig } from './rig.ts';
import { event, json, type ScriptedServer, sse, startScripted } from './scripted-server.ts';
import { callTool, messageOf, modern, type Rpc, send } from './wire.ts';

const TOOLS = { name: 'tools', effect: 'Allow', match: { tools: ['*'] } } as const;
const SPEC: Spec = {
  rules: [TOOLS, { name: 'tasks', effect: 'Allow', match: { methods: ['tasks/*'] } }],
  masking: [{ name: 'pii', detectors: ['email'], action: 'Redact', tools: ['slow', 'report'] }],
};
const UNKNOWN = { code: -32602, message: 'unknown name' };
const TASK = { taskId: 'job-1', status: 'working', ttlMs: 1000 };
/** Another character in the middle. */
const tampered = (id: string) => id.slice(0, 40) + (id[40] === 'A' ? 'B' : 'A') + id.slice(41);
const CAPABLE = { extensions: { 'io.modelcontextprotocol/tasks': {} } };

describe('tasks of a modern server', function () {
  this.timeout(60_000);
  let rig: Rig<ScriptedServer>;

  before(async () => {
    rig = await startRig({ server: startScripted, specs: [SPEC] });
  });

  after(() => rig?.close());

  const ask = async (method: string, params: object, sub = 'alice'): Promise<Rpc> => {
    const asked = { method, params: { ...params }, capabilities: CAPABLE };
    return messageOf(await send(rig.url, modern(await rig.token(sub), asked)));
  };
  /** Calls a tool that the server makes a task of; its id as alice gets it. */
  const start = async (sub = 'alice'): Promise<string> => {
    rig.server.play(json(JSON.stringify(answer({ resultType: 'task', ...TASK }))));
    const { method, params = {} } = callTool('slow');
    const { result } = await ask(method, params, sub);
    return String(result?.taskId);
  };
  const answer = (result: object) => ({ jsonrpc: '2.0', id: 1, result });

  it('reach the client under an id that says nothing, and all else as it came', async () => {
    rig.server.play(
      json(
        `{"jsonrpc":"2.0","id":1,"result":{ "taskId":"job-1", "ttlMs":1.0,"resultType":"task"}}`,
      ),
    );

    const sent = modern(await rig.token(), { ...callTool('slow'), capabilities: CAPABLE });
    const { text } = await send(rig.url, sent);

    const id: string = JSON.parse(text).result.taskId;
    expect(text).to.equal(
      `{"jsonrpc":"2.0","id":1,"result":{ "taskId":"${id}", "ttlMs":1.0,"resultType":"task"}}`,
    );
    expect(id).to.match(/^[\w-]{60,300}$/);
  });

  it('are asked about by the id of the server, in the body and in the header', async () => {
    const taskId = await start();
    rig.server.play(json(JSON.stringify(answer({ resultType: 'complete', ...TASK }))));

    const { result } = await ask('tasks/get', { taskId });

    const asked = rig.server.asked.at(-1);
    expect(asked?.rpc.params?.taskId).to.equal('job-1');
    expect(asked?.headers['mcp-name']).to.equal('job-1');
    expect(result?.taskId).to.equal(taskId);
  });

  it('bring results masked as those of their tool', async () => {
    const taskId = await start();
    const result = { content: [{ type: 'text', text: 'write to ann@example.com' }] };
    const completed = { resultType: 'complete', ...TASK, status: 'completed', result };
    rig.server.play(json(JSON.stringify(answer(completed))));

    const got = await ask('tasks/get', { taskId });

    expect(JSON.stringify(got)).to.include('write to').and.not.include('ann@example.com');
  });

  it('are named in the evidence by the call that made them', async () => {
    const taskId = await start();
    rig.server.play(json(JSON.stringify(answer({ resultType: 'complete', ...TASK }))));
    const call = (await rig.concluded('tool:slow')).at(-1);
    await ask('tasks/get', { taskId });

    const [poll] = await rig.concluded(`task:${call?.intent.exchange}`);

    expect(poll?.outcome?.outcome?.status).to.equal('ok');
  });

  const strangers = [
    { name: 'another principal', id: () => start(), sub: 'bob' },
    { name: 'whoever found out the id of the server', id: async () => 'job-1', sub: 'alice' },
    {
      name: 'an id that was tampered with',
      id: async () => tampered(await start()),
      sub: 'alice',
    },
  ];
  for (const { name, id, sub } of strangers) {
    for (const method of ['tasks/get', 'tasks/cancel', 'tasks/update']) {
      it(`are unknown to ${name}: ${method}`, async () => {
        const taskId = await id();
        const before = rig.server.asked.length;

        const { error } = await ask(method, { taskId }, sub);

        expect(error).to.deep.equal(UNKNOWN);
        expect(rig.server.asked.length).to.equal(before);
      });
    }
  }

  it('are not taken for one another', async () => {
    const taskId = await start();
    rig.server.play(
      json(JSON.stringify(answer({ resultType: 'complete', ...TASK, taskId: 'job-2' }))),
    );

    const { error } = await ask('tasks/get', { taskId });

    expect(error?.message).to.equal('the MCP server answered about another task');
  });

  it('ask the client for nothing that policy does not let the server ask', async () => {
    const taskId = await start();
    const inputRequests = { name: { method: 'elicitation/create', params: { message: 'who?' } } };
    const asking = { resultType: 'complete', ...TASK, status: 'input_required', inputRequests };
    rig.server.play(json(JSON.stringify(answer(asking))));

    const { error } = await ask('tasks/get', { taskId });

    expect(error?.message).to.include('asked the client for elicitation/create');
  });

  it('are as unknown as invented ones where no rule names their methods, or their tool is hidden', async () => {
    const taskId = await start();
    const hide = { name: 'hide', effect: 'Deny', match: { tools: ['slow'] } } as const;
    for (const rules of [[TOOLS], [...(SPEC.rules ?? []), hide]]) {
      await rig.activate({ ...SPEC, rules });
      const before = rig.server.asked.length;

      expect((await ask('tasks/get', { taskId })).error).to.deep.equal(UNKNOWN);
      expect(rig.server.asked.length).to.equal(before);
    }
    await rig.activate(SPEC);
  });
});

describe('tasks that a client follows', function () {
  this.timeout(60_000);
  let rig: Rig<ScriptedServer>;
  const following: Spec = {
    ...SPEC,
    rules: [
      ...(SPEC.rules ?? []),
      { name: 'told', effect: 'Allow', match: { methods: ['notifications/tasks'] } },
    ],
  };

  before(async () => {
    rig = await startRig({ server: startScripted, specs: [following] });
  });

  after(() => rig?.close());

  const start = async (upstreamId: string, sub = 'alice'): Promise<string> => {
    const result = { resultType: 'task', ...TASK, taskId: upstreamId };
    rig.server.play(json(JSON.stringify({ jsonrpc: '2.0', id: 1, result })));
    const sent = modern(await rig.token(sub), { ...callTool('slow'), capabilities: CAPABLE });
    return String(messageOf(await send(rig.url, sent)).result?.taskId);
  };
  const listen = async (taskIds: readonly string[]): Promise<readonly Rpc[]> => {
    const params = { notifications: { taskIds } };
    const asked = { method: 'subscriptions/listen', params, capabilities: CAPABLE };
    const { text } = await send(rig.url, modern(await rig.token(), asked));
    return (
      text
        .split('\n')
        .filter((line) => line.startsWith('data:'))
        .map((line): Rpc => JSON.parse(line.slice(5)))
        // Its stream ends without an answer, which is said as well.
        .filter(({ method }) => method !== undefined)
    );
  };
  const said = (method: string, params: object) => event({ jsonrpc: '2.0', method, params });
  const acknowledged = (taskIds: readonly string[]) =>
    said('notifications/subscriptions/acknowledged', { notifications: { taskIds } });

  it('are their own, by the ids that they know, and nobody else is told of', async () => {
    const own = await start('job-a');
    const foreign = await start('job-b', 'bob');
    const about = (taskId: string) => said('notifications/tasks', { ...TASK, taskId });
    rig.server.play(sse(acknowledged(['job-a', 'job-b']) + about('job-a') + about('job-b')));

    const heard = await listen([own, foreign, 'job-b', 'invented']);

    const asked = rig.server.asked.at(-1)?.rpc.params?.notifications;
    expect(asked).to.deep.equal({ taskIds: ['job-a'] });
    expect(heard.map(({ method }) => method)).to.deep.equal([
      'notifications/subscriptions/acknowledged',
      'notifications/tasks',
    ]);
    expect(heard[0]?.params?.notifications).to.deep.equal({ taskIds: [own] });
    expect(heard[1]?.params).to.include({ taskId: own, status: 'working' });
  });

  it('bring nothing of a tool that is hidden by now', async () => {
    const own = await start('job-c');
    const hide = { name: 'hide', effect: 'Deny', match: { tools: ['slow'] } } as const;
    await rig.activate({ ...following, rules: [...(following.rules ?? []), hide] });
    rig.server.play(
      sse(acknowledged(['job-c']) + said('notifications/tasks', { ...TASK, taskId: 'job-c' })),
    );

    const heard = await listen([own]);

    expect(rig.server.asked.at(-1)?.rpc.params?.notifications).to.deep.equal({ taskIds: [] });
    expect(heard.map(({ method }) => method)).to.deep.equal([
      'notifications/subscriptions/acknowledged',
    ]);
    await rig.activate(following);
  });
});

describe('tasks of a legacy server', function () {
  this.timeout(60_000);
  let rig: Rig<Fixture>;
  const clients: Client[] = [];

  before(async () => {
    rig = await startRig({ server: startTaskServer, specs: [SPEC] });
  });

  after(async () => {
    for (const client of clients) await client.close();
    await rig?.close();
  });

  const clientOf = async (sub: string): Promise<Client> => {
    const client = new Client({ name: 'journey', version: '1.0.0' });
    const headers = { authorization: `Bearer ${await rig.token(sub)}` };
    const transport = new StreamableHTTPClientTransport(new URL(rig.url), {
      requestInit: { headers },
    });
    await client.connect(transport as Parameters<Client['connect']>[0]);
    await client.listTools();
    clients.push(client);
    return client;
  };

  it('are made, followed and read by an SDK client that knows of nothing', async () => {
    const alice = await clientOf('alice');
    const said: string[] = [];
    let text = '';
    const call = { name: 'report', arguments: { on: 'ann' } };
    for await (const message of alice.experimental.tasks.callToolStream(call)) {
      said.push(message.type);
      if (message.type === 'result') text = JSON.stringify(message.result);
    }

    expect(said[0]).to.equal('taskCreated');
    expect(said.at(-1)).to.equal('result');
    expect(text).to.include('ann is reached at').and.not.include('ann@example.com');
  });

  it('are listed to whoever made them and to nobody else', async () => {
    const [alice, bob] = [await clientOf('alice'), await clientOf('bob')];
    const made = alice.experimental.tasks.callToolStream({
      name: 'report',
      arguments: { on: ENDLESS },
    });
    const first = (await made.next()).value;
    const taskId = first?.type === 'taskCreated' ? first.task.taskId : '';
    await made.return();

    const own = (await alice.experimental.tasks.listTasks()).tasks.map((task) => task.taskId);
    const others = (await bob.experimental.tasks.listTasks()).tasks;
    const stolen = await bob.experimental.tasks.getTask(taskId).catch((error) => error.code);
    const cancelled = await alice.experimental.tasks.cancelTask(taskId);

    expect(own).to.include(taskId);
    expect(others).to.deep.equal([]);
    expect(stolen).to.equal(-32602);
    expect(cancelled).to.include({ taskId, status: 'cancelled' });
  });
});
