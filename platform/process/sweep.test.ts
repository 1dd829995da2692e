import { expect } from 'chai';
import { caller, DeskBench } from '#core/approvals/desk.testkit.ts';
import { createLogger } from './log.ts';
import { startSweeping } from './sweep.ts';

describe('the sweep of approvals', () => {
  let bench: DeskBench;
  let said: string;

  beforeEach(() => {
    bench = new DeskBench();
    said = '';
  });

  function sweeping() {
    const write = (text: string) => {
      said += text;
    };
    const log = createLogger({ level: 'info', write, now: () => '2026-01-01T00:00:00.000000Z' });
    const { close } = startSweeping(bench.desk, log);
    return async () => {
      await close();
      log.flush();
    };
  }

  it('is done a last time when the gateway stops, and only once', async () => {
    const id = await bench.ask('1');
    const stop = sweeping();
    bench.now += 900_000;

    await stop();
    await stop();

    expect(await bench.stateOf(id)).to.equal('EXPIRED');
    expect(bench.story).to.deep.equal(['approval.expired']);
    expect(said).to.equal('');
  });

  it('survives a store that fails, and says so', async () => {
    await bench.ask('1');
    bench.now += 900_000;
    bench.storeFails = true;

    await sweeping()();

    expect(said).to.include('approvals cannot be swept').and.include('unavailable');
  });

  it('says how many records were never written', async () => {
    const id = await bench.ask('1');
    bench.ledgerFails = true;
    await bench.decide(caller('alice'), 'cancel', id);

    await sweeping()();

    expect(said).to.include('records of approvals were not written').and.include('"count":1');
  });
});
