import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { stringify } from 'yaml';
import { UsageError } from './command.ts';
import { evidenceTrust } from './evidence-trust.ts';

const KEY = '-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA\n-----END PUBLIC KEY-----\n';

describe('gatehouse evidence trust', () => {
  let server: Server;
  let directory: string;
  let answer: { status: number; body: object } = { status: 404, body: {} };
  let asked = '';

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'gatehouse-trust-'));
    server = createServer((request, response) => {
      asked = request.url ?? '';
      response.writeHead(answer.status, { 'content-type': 'application/json' });
      response.end(JSON.stringify(answer.body));
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    await writeFile(
      join(directory, 'config'),
      stringify({
        clusters: [
          {
            name: 'c',
            cluster: { server: `http://127.0.0.1:${port}`, 'insecure-skip-tls-verify': true },
          },
        ],
        users: [{ name: 'u', user: { token: 'secret-token' } }],
        contexts: [{ name: 'one', context: { cluster: 'c', user: 'u' } }],
        'current-context': 'one',
      }),
    );
  });
  after(async () => {
    server.closeAllConnections();
    server.close();
    await rm(directory, { recursive: true });
  });

  async function run(...args: readonly string[]) {
    const said = { stdout: '', stderr: '' };
    const code = await evidenceTrust.run(['--kubeconfig', join(directory, 'config'), ...args], {
      stdout: (text) => {
        said.stdout += text;
      },
      stderr: (text) => {
        said.stderr += text;
      },
      env: {},
      stop: new AbortController().signal,
    });
    return { code, ...said };
  }

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
