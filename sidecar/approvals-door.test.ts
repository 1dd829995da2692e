import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { AUDIENCE, MCP } from '#core/approvals/approvals.testkit.ts';
import { caller, DeskBench } from '#core/approvals/desk.testkit.ts';
import type { TokenVerifier } from '#core/identity/token-verifier.ts';
import { ApiContract } from '#platform/http/api-contract.testkit.ts';
import { MemoryLedger } from '#platform/memory/ledger.ts';
import { createClock } from '#platform/process/clock.ts';
import { createLogger } from '#platform/process/log.ts';
import { RefusalLog } from '#platform/process/refusal-log.ts';
import { approvalsDoor } from './approvals-door.ts';
import type { Gate } from './gate.ts';

describe('the door to approvals', () => {
  const server = createServer();
  const asked: (readonly string[])[] = [];
  let policy: object;
  let url: string;
  let said = '';

  const verifier: TokenVerifier = {
    verify: async (token, { audiences }) => {
      asked.push(audiences);
      if (token === 'broken') throw new TypeError('a bug');
      return token === 'bob'
        ? { ok: true, principal: caller('bob').principal }
        : { ok: false, code: 'token_invalid', reason: 'signature: does not match' };
    },
  };

  before(async () => {
    const clock = createClock();
    const write = (text: string) => {
      said += text;
    };
    const log = createLogger({ level: 'info', write, now: () => clock.timestamp() });
    const ledger = new MemoryLedger({ version: '0.0.0-test', now: () => clock.timestamp() });
    const activation = {
      get current() {
        return { policy, publicUrls: [MCP], verifier };
      },
    };
    // What the door looks at of a gate.
    const gate = { activation, refusals: new RefusalLog(ledger, clock), clock, log };
    const settings = { admin: { host: '127.0.0.1', port: 0 }, allowPlainHttp: false };
    const door = approvalsDoor(new DeskBench().desk, gate as unknown as Gate, settings);
    server.on('request', (request, response) => void door(request, response));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/approvals`;
  });

  beforeEach(() => {
    policy = { approvalAudience: AUDIENCE, issuers: [{ audiences: ['https://api.example'] }] };
    asked.length = 0;
  });

  after(() => {
    server.close();
    server.closeAllConnections();
  });

  async function statusOf(token: string): Promise<number> {
    const response = await fetch(url, { headers: { authorization: `Bearer ${token}` } });
    await response.text();
    return response.status;
  }

  it('looks at every token that the policy knows an audience for', async () => {
    await statusOf('x');

    expect(asked).to.deep.equal([[AUDIENCE, MCP, 'https://api.example']]);
  });

  it('is closed while the policy of the moment asks for nothing', async () => {
    policy = { issuers: [] };

    expect(await statusOf('bob')).to.equal(404);
    expect(asked).to.deep.equal([]);
  });

  it('logs a fault of ours', async () => {
    expect(await statusOf('broken')).to.equal(500);
    expect(said).to.include('the approvals API failed').and.include('TypeError');
  });

  it('bounds how often one person comes', async () => {
    const statuses: number[] = [];

    for (let count = 0; count < 130; count += 1) statuses.push(await statusOf('bob'));

    expect(statuses.slice(0, 100)).to.deep.equal(Array(100).fill(200));
    expect(statuses).to.include(429);
  });
});

describe('the door of a gateway at which nobody decides', () => {
  it('says where decisions are taken, whoever asks and for whatever', async () => {
    const contract = await ApiContract.read();
    const consoleUrl = new URL('https://gatehouse.example');
    const settings = { admin: { host: '127.0.0.1', port: 0 }, allowPlainHttp: false, consoleUrl };
    const door = approvalsDoor(undefined, {} as Gate, settings);
    const server = createServer((request, response) => void door(request, response));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;

    for (const { method, path } of contract.ways) {
      const answer = await fetch(`http://127.0.0.1:${port}${path}`, {
        method,
        headers: { authorization: 'Bearer token' },
      });
      const { status, headers } = answer;
      const body = await answer.json();

      expect(status).to.equal(421);
      expect(body).to.deep.equal({
        code: 'decided_elsewhere',
        reason: 'nobody decides at this gateway; decisions are taken at https://gatehouse.example/',
      });
      expect(contract.problems({ method, path, status, headers, body })).to.deep.equal([]);
    }
    server.close();
    expect(contract.unseen.filter((way) => way.endsWith(' 421'))).to.deep.equal([]);
  });
});
