import { expect } from 'chai';
import type { Running } from '#e2e/servers/run-fixture.ts';
import { Secrets } from './leaks.ts';
import { addKeys, addToken, leaksOf } from './planted.ts';
import { type Rig, type Spec, startRig } from './rig.ts';
import {
  CARRIED_TALES,
  startTattlingServer,
  type Tattle,
  WITHHELD_TALES,
} from './tattling-server.ts';
import { type Answer, callTool, modern, send } from './wire.ts';

const SPEC: Spec = {
  limits: { maxReplyBytes: 100_000 },
  rules: [{ name: 'all', effect: 'Allow', match: { tools: ['*'] } }],
};

describe('secrets that a server tells', () => {
  const secrets = new Secrets();
  const tales = new Map<Tattle, string>();
  const answers = new Map<Tattle, Answer>();
  const CREDENTIAL = secrets.plant('static credential');
  let rig: Rig<Running>;
  before(async () => {
    for (const tattle of [...CARRIED_TALES, ...WITHHELD_TALES]) {
      tales.set(tattle, secrets.plant(tattle));
    }
    rig = await startRig({
      server: () => startTattlingServer(tales),
      specs: [
        {
          ...SPEC,
          identity: {
            upstream: {
              mode: 'Static',
              static: { header: 'X-Badge', valueFrom: { env: 'BADGE' } },
            },
          },
        },
      ],
      env: { BADGE: CREDENTIAL },
      start: { flags: ['--log-level', 'debug'] },
    });
    await addKeys(rig, secrets);
    const token = addToken(secrets, 'token', await rig.token());
    for (const tattle of tales.keys()) {
      const { headers, body } = modern(token, callTool(tattle));
      answers.set(tattle, await send(rig.url, { headers, body }));
    }
  });
  after(() => rig?.close());

  it('are in no file, metric or log line', async () => {
    expect(await leaksOf(rig, secrets)).to.deep.equal([]);
  });

  for (const tattle of WITHHELD_TALES) {
    it(`do not reach the client by way of ${tattle}`, () => {
      const answer = answers.get(tattle);
      const heard = `${JSON.stringify(answer?.headers)}\n${answer?.text}`;

      expect(secrets.foundIn(heard)).to.deep.equal([]);
    });
  }

  it('are the words of the server where it may speak', () => {
    const heard = CARRIED_TALES.map((tattle) => answers.get(tattle)?.text);

    for (const [at, text] of heard.entries()) {
      expect(text).to.include(tales.get(CARRIED_TALES[at] ?? 'result'));
    }
  });
});
