import { expect } from 'chai';
import { UsageError } from './command.ts';
import { evidenceTrust } from './evidence-trust.ts';
import {
  type Answered,
  type ScriptedCluster,
  startScriptedCluster,
} from './scripted-cluster.testkit.ts';

const KEY = '-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA\n-----END PUBLIC KEY-----\n';

describe('gatehouse evidence trust', () => {
  let cluster: ScriptedCluster;
  let answer: Answered = { status: 404, body: {} };
  let asked = '';

  before(async () => {
    cluster = await startScriptedCluster((url) => {
      asked = url;
      return answer;
    });
  });
  after(() => cluster.close());
  const run = (...args: readonly string[]) => cluster.run(evidenceTrust, ...args);

  it('prints keys and nothing else of what lies there', async () => {
    answer = {
      status: 200,
      body: { data: { 'gatehouse-trust.pub': `\u001b[2J${KEY}rubbish\n${KEY}` } },
    };

    const { code, stdout } = await run('--install', 'gh');

    expect({ code, stdout }).to.deep.equal({ code: 0, stdout: KEY + KEY });
    expect(asked).to.equal('/api/v1/namespaces/gh/configmaps/gatehouse-trust');
  });

  it('says where it found nothing', async () => {
    answer = { status: 404, body: {} };

    const { code, stdout, stderr } = await run();

    expect({ code, stdout }).to.deep.equal({ code: 1, stdout: '' });
    expect(stderr).to.include('gatehouse-system');
  });

  it('says when it may not read', async () => {
    answer = { status: 403, body: { reason: 'Forbidden' } };

    const { code, stderr } = await run();

    expect(code).to.equal(69);
    expect(stderr).to.include('Forbidden').and.not.include('secret-token');
  });

  it('asks for a kubeconfig that can be read', async () => {
    const fault = await evidenceTrust
      .run(['--kubeconfig', '/nowhere'], {
        stdout: () => {},
        stderr: () => {},
        env: {},
        stop: new AbortController().signal,
      })
      .catch((error: unknown) => error);

    expect(fault).to.be.instanceOf(UsageError);
  });
});
