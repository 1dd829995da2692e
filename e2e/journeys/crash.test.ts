import { expect } from 'chai';
import { connectLegacy, connectModern } from '#e2e/demo/clients.ts';
import { start as startLegacy } from '#e2e/servers/legacy-fixture.ts';
import { start as startModern } from '#e2e/servers/modern-fixture.ts';
import type { Fixture } from '#e2e/servers/serve.ts';
import { type Rig, startRig } from './rig.ts';
import { until } from './until.ts';
import { callTool, messageOf, modern, send } from './wire.ts';

const SPEC = { rules: [{ name: 'all', effect: 'Allow' as const, match: { tools: ['*'] } }] };

/** What `gatehouse evidence verify --json` says, as far as these tests look. */
interface Report {
  readonly code: number | null;
  readonly verdict: string;
  readonly lanes: number;
  readonly intents: number;
  readonly outcomes: number;
  readonly dangling: readonly {
    exchange: string;
    target?: string;
    principal?: { subject: string };
  }[];
  readonly problems: readonly { code: string }[];
}

async function verify(rig: Rig<Fixture>): Promise<Report> {
  const { data, gatehouse } = rig;
  const trust = ['--trust', gatehouse.trustKey];
  const { code, stdout } = await rig.cli('evidence', 'verify', data, ...trust, '--json');
  return { ...JSON.parse(stdout), code };
}

/** As the system would: no signal handler runs, nothing is flushed. */
async function killGateway({ gatehouse: { child } }: Rig<Fixture>): Promise<void> {
  child.kill('SIGKILL');
  await until('the gateway is gone', () => child.hasExited);
}

const ERAS = [
  { era: 'legacy', server: () => startLegacy(), connect: connectLegacy },
  { era: 'modern', server: () => startModern(), connect: connectModern },
] as const;

for (const { era, server, connect } of ERAS) {
  describe(`a gateway killed between intent and outcome (${era})`, () => {
    let rig: Rig<Fixture>;
    beforeEach(async () => {
      rig = await startRig({ server, specs: [SPEC] });
    });
    afterEach(() => rig?.close());

    it('leaves evidence that holds and names exactly the call whose outcome is unknown', async () => {
      const client = await connect(rig.url, await rig.token());
      await client.call('echo', { message: 'before' });
      const lost = client.call('slow', { ms: 60_000 }).then(
        () => 'answered',
        () => 'lost',
      );
      await until('the tool at work', () => rig.server.journal.read().executed.slow === 1);
      await killGateway(rig);
      // A legacy client would wait for its stream to come back.
      await client.close().catch(() => undefined);
      const heard = await lost;

      await rig.restart();
      const again = await connect(rig.url, await rig.token());
      const after = await again.call('echo', { message: 'after' });
      await again.close();
      await rig.gatehouse.close();
      const report = await verify(rig);

      expect(heard).to.equal('lost');
      expect(after.text).to.equal('after');
      expect([report.code, report.verdict, report.problems]).to.deep.equal([0, 'verified', []]);
      expect(report.lanes).to.equal(2);
      // A stream that was open when the process died has no end either.
      const calls = report.dangling.filter(({ target }) => target !== undefined);
      const intent = (await rig.records()).find(
        ({ type, message }) => type === 'intent' && message?.target === 'tool:slow',
      );
      expect(calls).to.have.length(1);
      expect(calls[0]).to.deep.include({ exchange: intent?.exchange, target: 'tool:slow' });
      expect(calls[0]?.principal?.subject).to.equal('alice');
      expect(report.intents - report.outcomes).to.equal(report.dangling.length);
      const listed = await rig.cli('sessions', 'list', '--data', rig.data, '--json');
      const sessions: { unknown: number }[] = JSON.parse(listed.stdout);
      const unknown = sessions.reduce((sum, each) => sum + each.unknown, 0);
      expect(unknown).to.equal(report.dangling.length);
    });
  });
}

describe('a gateway killed again and again under load', () => {
  const ROUNDS = 3;
  const CALLERS = 8;
  let rig: Rig<Fixture>;
  before(async () => {
    rig = await startRig({ server: () => startModern(), specs: [SPEC] });
  });
  after(() => rig?.close());

  it('never loses what it acknowledged, nor does what it did not record', async () => {
    const token = await rig.token();
    const acknowledged = new Set<string>();
    const reports: Report[] = [];
    let calls = 0;
    const caller = async (): Promise<void> => {
      while (!rig.gatehouse.child.hasExited) {
        calls += 1;
        const id = `call-${calls}`;
        const sent = send(rig.url, modern(token, { ...callTool('counter'), id }));
        const answer = await sent.catch(() => undefined);
        if (answer === undefined) return;
        if (messageOf(answer).result !== undefined) acknowledged.add(id);
      }
    };

    for (let round = 1; round <= ROUNDS; round += 1) {
      const goal = acknowledged.size + 10 * round;
      const callers = Array.from({ length: CALLERS }, caller);
      await until('calls answered', () => acknowledged.size >= goal);
      await killGateway(rig);
      await Promise.all(callers);
      reports.push(await verify(rig));
      await rig.restart();
    }
    await rig.gatehouse.close();
    reports.push(await verify(rig));

    const records = await rig.records();
    const idsOf = (type: string) =>
      new Set(records.filter((each) => each.type === type).map((each) => each.message?.requestId));
    const [intents, outcomes] = [idsOf('intent'), idsOf('outcome')];
    expect(
      reports.map(({ code, verdict, problems }) => ({ code, verdict, problems })),
    ).to.deep.equal(Array(ROUNDS + 1).fill({ code: 0, verdict: 'verified', problems: [] }));
    expect([...acknowledged].filter((id) => !outcomes.has(id))).to.deep.equal([]);
    expect([...outcomes].filter((id) => !intents.has(id))).to.deep.equal([]);
    // What the server did is at most what was written down before.
    const tried = records.filter(
      ({ type, message }) => type === 'intent' && message?.target === 'tool:counter',
    );
    const { executed } = rig.server.journal.read();
    expect(executed.counter).to.be.within(acknowledged.size, tried.length);
    const last = reports.at(-1);
    expect(last?.lanes).to.equal(ROUNDS + 1);
    // At most one call of each caller was under way each time.
    expect(last?.dangling.length).to.be.within(0, ROUNDS * CALLERS);
  });
});
