// The users that an operator makes, on a real Redis: enough for what sidecars and consoles do with them.

import { expect } from 'chai';
import { request } from '#core/approvals/approvals.testkit.ts';
import { intentDraft } from '#core/evidence/drafts.fixture.ts';
import { LedgerBench } from './ledgers.fixture.ts';
import { redisSessions } from './recorded-sessions.ts';
import { startRedis, type TestRedis } from './redis-server.fixture.ts';
import { connectTo, namespace, openStore } from './stores.fixture.ts';
import {
  CONSOLE_USER,
  namespaceUser,
  setConsoleUser,
  setNamespaceUser,
  withLogin,
} from './users.ts';

const PAYMENTS = namespace('payments');

describe('The Redis users that the operator makes', () => {
  let redis: TestRedis;
  let ofNamespace: string;
  let ofConsole: string;

  before(async () => {
    redis = await startRedis();
    const admin = await connectTo(redis.url);
    await setNamespaceUser(admin, PAYMENTS, 'one');
    await setConsoleUser(admin, 'two');
    admin.disconnect();
    ofNamespace = withLogin(redis.url, namespaceUser(PAYMENTS), 'one');
    ofConsole = withLogin(redis.url, CONSOLE_USER, 'two');
  });

  after(() => redis.stop());

  it('let a console see what a sidecar asks', async () => {
    const asking = await openStore(ofNamespace, PAYMENTS);
    const deciding = await openStore(ofConsole, PAYMENTS);
    try {
      await asking.attachOrCreate(request('1'));

      expect((await deciding.list({ limit: 9 })).map(({ state }) => state)).to.deep.equal([
        'PENDING',
      ]);
    } finally {
      await asking.close();
      await deciding.close();
    }
  });

  it('let a console see the sessions that a sidecar records', async () => {
    const { ledger } = await new LedgerBench(ofNamespace, PAYMENTS).open();
    const reader = await connectTo(ofConsole);
    const at = '2026-01-01T00:00:00.000000Z';
    await ledger.append({ ...intentDraft('x1', at), session: 'session-1' });

    const { sessions } = redisSessions(reader, PAYMENTS);
    const index = await sessions((id) => id === 'session-1').finally(() => ledger.close('done'));

    reader.disconnect();
    expect(index.records('session-1').map(({ ts }) => ts)).to.deep.equal([at]);
  });
});
