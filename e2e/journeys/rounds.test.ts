import { expect } from 'chai';
import { type Rig, type Spec, startRig } from './rig.ts';
import { json, type Script, type ScriptedServer, startScripted } from './scripted-server.ts';
import { type Answer, callTool, type ModernRequest, messageOf, modern, send } from './wire.ts';

/** As no serializer would write it: what the server gets back must be its own text. */
const STATE = String.raw`"st\u00e4te \"1\" \/"`;
const QUESTION = { method: 'elicitation/create', params: { mode: 'form', message: 'Who?' } };
const ALL = { name: 'all', effect: 'Allow', match: { tools: ['*'] } } as const;
const ASKS = {
  name: 'asks',
  effect: 'Allow',
  match: { methods: ['elicitation/create'] },
  when: ['!has(params.url) || params.url.startsWith("https://pay.example/")'],
} as const;
const OPEN: Spec = { rules: [ALL, ASKS] };

/** Asks first; whoever comes back with answers gets what they wanted. */
function asking(questions: object, error?: object): Script {
  return (asked, response) => {
    const id = JSON.stringify(asked.rpc.id);
    const inputs = JSON.stringify(questions);
    const first = `"resultType":"input_required","inputRequests":${inputs},"requestState" : ${STATE}`;
    const done = '"resultType":"complete","content":[{"type":"text","text":"done"}]';
    const isBack = asked.rpc.params?.inputResponses !== undefined;
    const answer =
      error === undefined
        ? `"result":{${isBack ? done : first}}`
        : `"error":${JSON.stringify(error)}`;
    return json(`{"jsonrpc":"2.0","id":${id},${answer}}`)(asked, response);
  };
}

describe('a call of the modern era that is answered in rounds', () => {
  let rig: Rig<ScriptedServer>;
  before(async () => {
    rig = await startRig({ server: startScripted, specs: [OPEN] });
  });
  after(() => rig?.close());

  const ask = async (asked: ModernRequest, sub?: string): Promise<Answer> =>
    send(rig.url, modern(await rig.token(sub), asked));
  const back = (requestState: unknown, tool = 'echo'): ModernRequest => {
    const inputResponses = { who: { action: 'accept', content: { name: 'ada' } } };
    const params = { name: tool, arguments: {}, inputResponses, requestState };
    return { method: 'tools/call', id: 2, params };
  };
  const started = async (): Promise<string> => {
    rig.server.play(asking({ who: QUESTION }));
    const { result } = messageOf(await ask(callTool('echo')));
    expect(result).to.deep.include({
      resultType: 'input_required',
      inputRequests: { who: QUESTION },
    });
    return String(result?.requestState);
  };

  it('carries question and answer, and gives the server its own state back to the letter', async () => {
    const state = await started();

    const answer = await ask(back(state));

    const arrived = rig.server.asked.at(-1)?.text ?? '';
    const sent = modern('', back(state)).body;
    // two letters of it may well stand in a sealed one, by chance
    expect(Buffer.from(state, 'base64url').includes('st\u00e4te')).to.equal(false);
    expect(messageOf(answer).result?.content?.[0]?.text).to.equal('done');
    expect(JSON.parse(arrived).params.requestState).to.equal(JSON.parse(STATE));
    const around = sent.split(JSON.stringify(state));
    expect(arrived.startsWith(around[0] ?? '?')).to.equal(true);
    expect(arrived.endsWith(around[1] ?? '?')).to.equal(true);
  });

  it('takes no state from anybody or for anything but what it was given for', async () => {
    const state = await started();
    const before = rig.server.asked.length;
    const spoilt = `${state.slice(0, -4)}AAAA`;

    const answers = [
      await ask(back(state), 'bob'),
      await ask(back(state, 'add')),
      await ask(back(spoilt)),
      await ask(back(JSON.parse(STATE))),
      await ask(back(7)),
    ];

    expect(answers.map((each) => messageOf(each).error?.code)).to.deep.equal(Array(5).fill(-32602));
    expect(rig.server.asked.length).to.equal(before);
    const refused = (await rig.records()).filter(
      (each) => each.outcome?.refusal === 'state_invalid',
    );
    expect(refused).to.have.length(5);
  });

  const url = (text: string) => ({
    method: 'elicitation/create',
    params: { mode: 'url', url: text },
  });
  const unaskable = [
    { name: 'no rule allows', spec: { rules: [ALL] }, question: QUESTION },
    {
      name: 'is one that nobody knows',
      spec: OPEN,
      question: { method: 'x-invented/ask', params: {} },
    },
    { name: 'leads where no rule lets it', spec: OPEN, question: url('https://evil.example/') },
    {
      name: 'leads to a program',
      spec: { rules: [ALL, { ...ASKS, when: ['true'] }] },
      question: url('javascript:alert(1)'),
    },
    {
      name: 'leads elsewhere than it looks',
      spec: { rules: [ALL, { ...ASKS, when: ['params.url.contains("pay.example")'] }] },
      question: url('https://pay.example@evil.example/'),
    },
  ];
  for (const { name, spec, question } of unaskable) {
    it(`keeps a question from the client that ${name}`, async () => {
      if (spec !== OPEN) await rig.activate(spec as Spec);
      rig.server.play(asking({ who: question }));

      const answer = await ask(callTool('echo'));

      const { result } = messageOf(answer);
      expect(result?.isError).to.equal(true);
      expect(answer.text).to.not.include('input_required').and.not.include('example');
      const [exchange] = (await rig.concluded('tool:echo')).slice(-1);
      expect(exchange?.outcome?.outcome).to.include({ status: 'withheld', refusal: 'denied' });
      if (spec !== OPEN) await rig.activate(OPEN);
    });
  }

  it('carries a URL where a rule lets it lead, in a round and in an error', async () => {
    const asked = url('https://pay.example/invoice/7');
    rig.server.play(asking({ who: asked }));
    const round = messageOf(await ask(callTool('echo')));
    const error = { code: -32042, message: 'x', data: { elicitations: [asked.params] } };
    rig.server.play(asking({}, error));
    const failed = messageOf(await ask(callTool('echo')));

    expect(round.result?.inputRequests).to.deep.equal({ who: asked });
    expect(failed.error).to.deep.equal(error);
  });

  it('keeps an error from the client that wants URLs opened which no rule allows', async () => {
    const data = { elicitations: [{ mode: 'url', url: 'https://evil.example/', message: 'x' }] };
    rig.server.play(asking({}, { code: -32042, message: 'Go there.', data }));

    const answer = await ask(callTool('echo'));

    expect(messageOf(answer).result?.isError).to.equal(true);
    expect(answer.text).to.not.include('evil').and.not.include('Go there');
  });
});
