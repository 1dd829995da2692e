import { once } from 'node:events';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { gatehouse } from '#e2e/demo/cli.ts';
import { Child } from '#e2e/servers/child.ts';
import { start as startModern } from '#e2e/servers/modern-fixture.ts';
import type { Fixture } from '#e2e/servers/serve.ts';
import { freePort } from '#platform/process/free-port.fixture.ts';
import { readRecords } from './evidence.ts';
import { type Rig, startRig } from './rig.ts';
import { callTool, modern, send } from './wire.ts';

const SPEC = { rules: [{ name: 'all', effect: 'Allow' as const, match: { tools: ['*'] } }] };
/** EX_USAGE and EX_CONFIG of sysexits.h. */
const USAGE = 64;
const CONFIG = 78;
/** TEST-NET-1: nobody's. */
const ELSEWHERE = 'http://192.0.2.1/mcp';
const POLICY_HEAD =
  'apiVersion: gatehouse.dev/v1alpha1\nkind: McpGatewayPolicy\nmetadata: {name: x}\n';
const LAUNCHER = fileURLToPath(new URL('../../bin/gatehouse', import.meta.url));

type Flags = Readonly<Record<string, string>>;

interface Place {
  readonly folder: string;
  readonly flags: Readonly<
    Record<'--policy' | '--upstream' | '--listen' | '--admin' | '--data' | '--trust-key', string>
  >;
}

describe('starting a gateway', () => {
  let rig: Rig<Fixture>;
  let taken: Server;
  let takenPort: number;
  let starts = 0;
  before(async () => {
    rig = await startRig({ server: () => startModern(), specs: [SPEC] });
    taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const address = taken.address();
    takenPort = typeof address === 'object' && address !== null ? address.port : 0;
  });
  after(async () => {
    taken?.close();
    await rig?.close();
  });

  /** Flags that would start a gateway in a place of its own. */
  const place = async (): Promise<Place> => {
    starts += 1;
    const folder = join(rig.directory, `start-${starts}`);
    await mkdir(folder);
    return {
      folder,
      flags: {
        '--policy': rig.policyFiles[0] ?? '',
        '--upstream': rig.server.url,
        '--listen': '127.0.0.1:0',
        '--admin': '127.0.0.1:0',
        '--data': join(folder, 'data'),
        '--trust-key': join(folder, 'trust.pub'),
      },
    };
  };

  const faults: {
    name: string;
    /** What is different from a start that goes well. */
    differs: (folder: string) => Promise<Flags>;
    code: number;
    says: readonly string[];
  }[] = [
    {
      name: 'telemetry that would leave this machine in the clear',
      differs: async () => ({ '--otlp': 'http://192.0.2.1:4318' }),
      code: CONFIG,
      says: ['traces would go by plain http', 'use https, or add --allow-plain-http'],
    },
    {
      name: 'an address of telemetry that is none',
      differs: async () => ({ '--otlp': 'localhost:4318' }),
      code: USAGE,
      says: ['--otlp must be an absolute URL'],
    },
    {
      name: 'error codes of telemetry that are none',
      differs: async () => ({ '--otlp': 'http://127.0.0.1:1', '--otlp-caller-errors': 'all' }),
      code: CONFIG,
      says: ['--otlp-caller-errors: must be JSON-RPC codes'],
    },
    {
      name: 'a flag that does not exist',
      differs: async () => ({ '--polcy': 'x' }),
      code: USAGE,
      says: ['unknown flag --polcy', 'did you mean --policy?'],
    },
    {
      name: 'a password in the upstream URL',
      differs: async () => ({ '--upstream': 'http://a:hunter2@127.0.0.1/mcp' }),
      code: USAGE,
      says: ['--upstream must not carry a user name or password'],
    },
    {
      name: 'a policy file that is not there',
      differs: async () => ({ '--policy': '/nowhere/policy.yaml' }),
      code: CONFIG,
      says: ['/nowhere/policy.yaml'],
    },
    {
      name: 'a policy with a field that does not exist',
      differs: async (folder) => {
        const file = join(folder, 'policy.yaml');
        await writeFile(file, `${POLICY_HEAD}spec:\n  rulez: []\n`);
        return { '--policy': file };
      },
      code: CONFIG,
      says: ['policy.yaml:5:spec.rulez: '],
    },
    {
      name: 'approvers who would sign in with tokens for the server',
      differs: async (folder) => {
        const file = join(folder, 'policy.yaml');
        const identity =
          '{issuers: [{name: a, issuer: "https://a.example"}], approvalAudience: "https://b.example/mcp"}';
        await writeFile(file, `${POLICY_HEAD}spec:\n  identity: ${identity}\n`);
        return { '--policy': file, '--public-url': 'https://b.example/mcp/' };
      },
      code: CONFIG,
      says: ['spec.identity.approvalAudience: must differ from every audience and public URL'],
    },
    {
      name: 'a port that is taken',
      differs: async () => ({ '--listen': `127.0.0.1:${takenPort}` }),
      code: CONFIG,
      says: ['--listen: cannot listen on', 'something listens there already'],
    },
    {
      name: 'an address for replicas that none of them could dial',
      differs: async () => ({ '--peer-listen': '0.0.0.0:0' }),
      code: CONFIG,
      says: ['--peer-listen: 0.0.0.0 is no address that others can dial; give the one'],
    },
    {
      name: 'a port for replicas that is taken',
      differs: async () => ({ '--peer-listen': `127.0.0.1:${takenPort}` }),
      code: CONFIG,
      says: ['--peer-listen: cannot listen on', 'choose another address'],
    },
    {
      name: 'an admin port that is taken',
      differs: async () => ({ '--admin': `127.0.0.1:${takenPort}` }),
      code: CONFIG,
      says: ['--admin: cannot listen on', 'choose another address'],
    },
    {
      name: 'a trust key that others may read',
      differs: async () => {
        await chmod(rig.gatehouse.trustKey.replace('.pub', '.key'), 0o644);
        return { '--trust-key': rig.gatehouse.trustKey };
      },
      code: CONFIG,
      says: ['others may read or write it; run: chmod 600'],
    },
    {
      name: 'a trust key inside the data',
      differs: async (folder) => ({ '--trust-key': join(folder, 'data', 'trust.pub') }),
      code: CONFIG,
      says: ['lies inside --data', 'Name a file elsewhere with --trust-key'],
    },
    {
      name: 'a sealing key that is none',
      differs: async (folder) => {
        const file = join(folder, 'sealing.keys');
        await writeFile(file, `${'A'.repeat(43)}=\nhunter2\n`, { mode: 0o600 });
        return { '--sealing-keys': file };
      },
      code: CONFIG,
      says: ['sealing.keys:2: a key is 32 bytes in base64; make one with: openssl rand -base64 32'],
    },
    {
      name: 'sealing keys that others may read',
      differs: async (folder) => {
        const file = join(folder, 'sealing.keys');
        await writeFile(file, `${'A'.repeat(43)}=\n`, { mode: 0o644 });
        return { '--sealing-keys': file };
      },
      code: CONFIG,
      says: ['sealing.keys: others may read or write it; run: chmod 600'],
    },
    {
      name: 'given keys of which one is missing',
      differs: async (folder) => {
        const keys = join(folder, 'keys');
        await mkdir(keys);
        await writeFile(join(keys, 'sealing.keys'), `${'A'.repeat(43)}=\n`, { mode: 0o600 });
        return { '--keys': keys };
      },
      code: CONFIG,
      says: ['keys/masking.key: is missing; put the key there that all replicas share'],
    },
    {
      name: 'data that another gateway writes',
      differs: async () => ({ '--data': rig.data }),
      code: CONFIG,
      says: ['another gatehouse is writing here'],
    },
    {
      name: 'data that is no directory',
      differs: async (folder) => {
        await writeFile(join(folder, 'file'), '');
        return { '--data': join(folder, 'file') };
      },
      code: CONFIG,
      says: ['--data'],
    },
    {
      name: 'a server beyond this machine on plain http',
      differs: async () => ({ '--upstream': ELSEWHERE }),
      code: CONFIG,
      says: ['--upstream: plain http is taken on loopback only', '--allow-plain-http'],
    },
  ];
  for (const { name, differs, code, says } of faults) {
    it(`says what to do about ${name}, and ends with ${code}`, async () => {
      const { folder, flags } = await place();
      const all = { ...flags, ...(await differs(folder)) };

      const ended = await gatehouse('run', ...Object.entries(all).flat());

      expect(ended.code, ended.stderr).to.equal(code);
      for (const words of says) expect(ended.stderr).to.include(words);
      expect(ended.stderr).not.to.include('internal fault');
      expect(ended.stderr).not.to.include('hunter2');
      expect(ended.stdout).to.equal('');
    });
  }

  it('records that plain http beyond loopback was allowed', async () => {
    const { flags } = await place();
    const admin = `127.0.0.1:${await freePort()}`;
    const all = { ...flags, '--upstream': ELSEWHERE, '--admin': admin };
    const args = ['run', ...Object.entries(all).flat(), '--allow-plain-http'];
    const child = new Child({ command: LAUNCHER, args });
    await child.untilLive(`http://${admin}/livez`);
    await child.stop();

    const loaded = (await readRecords(flags['--data'])).find(
      ({ type }) => type === 'policy.loaded',
    );

    expect(loaded?.detail).to.deep.include({ plainHttpAllowed: true });
  });

  it('takes every setting from the environment, and a flag wins over it', async () => {
    const { flags } = await place();
    const [port, admin] = [await freePort(), await freePort()];
    const child = new Child({
      command: LAUNCHER,
      args: ['run', '--admin', `127.0.0.1:${admin}`],
      env: {
        GATEHOUSE_POLICY: flags['--policy'],
        GATEHOUSE_UPSTREAM: flags['--upstream'],
        GATEHOUSE_LISTEN: `127.0.0.1:${port}`,
        GATEHOUSE_ADMIN: 'this is not looked at',
        GATEHOUSE_PUBLIC_URL: `http://127.0.0.1:${port}/mcp,https://mcp.example/mcp`,
        GATEHOUSE_DATA: flags['--data'],
        GATEHOUSE_TRUST_KEY: flags['--trust-key'],
        GATEHOUSE_LOG_LEVEL: 'error',
      },
    });
    await child.untilLive(`http://127.0.0.1:${admin}/readyz`, (status) => status === 200);

    const url = `http://127.0.0.1:${port}/mcp`;
    const token = await rig.provider.token({ audience: 'https://mcp.example/mcp' });
    const answer = await send(url, modern(token, callTool('echo', { message: 'x' })));
    const code = await child.stop();

    expect(answer.status).to.equal(200);
    expect(code).to.equal(0);
    expect(child.output).to.equal('');
    expect((await readRecords(flags['--data'])).at(-1)?.type).to.equal('lane.close');
  });
});
