import { expect } from 'chai';
import type { Principal } from '#core/identity/principal.ts';
import { Sealer } from '#platform/process/seal.ts';
import { TaskIds } from './task-ids.ts';

const ANN: Principal = {
  issuer: 'https://idp.example',
  issuerName: 'corp',
  subject: 'ann',
  actors: [],
  groups: [],
  scopes: [],
  claims: {},
  clientId: 'agent',
  expiresAtSeconds: 0,
};
const SELF = { name: 'one' };
const NOW = 1000;
const JOB = { upstreamId: 'job-1', call: 'x-1', tool: 'report' };

describe('task ids', () => {
  const sealer = () => new Sealer([new Uint8Array(32).fill(1)]);
  const ids = new TaskIds(sealer(), SELF);

  it('show nothing of what they hold, and open for whom they were made, at any replica', () => {
    const task = ids.adopt(JOB, ANN);

    expect(task?.sealed)
      .to.match(/^[\w-]+$/)
      .and.not.match(/job|report/);
    expect(new TaskIds(sealer(), SELF).open(task?.sealed ?? '', ANN, NOW)).to.deep.equal(task);
  });

  it('stay short enough for a header', () => {
    const made = { ...JOB, upstreamId: 'u'.repeat(36), call: 'x'.repeat(36) };

    expect(ids.adopt(made, ANN)?.sealed).to.have.length.below(300);
  });

  const others = [
    { name: 'another subject', by: { ...ANN, subject: 'bob' } },
    { name: 'another issuer', by: { ...ANN, issuer: 'https://other.example' } },
    { name: 'another client of the same person', by: { ...ANN, clientId: 'other' } },
  ];
  for (const { name, by } of others) {
    it(`are nothing to ${name}`, () => {
      const task = ids.adopt(JOB, ANN);

      expect(ids.open(task?.sealed ?? '', by, NOW)).to.equal(undefined);
      expect(ids.known(JOB.upstreamId, by)).to.equal(undefined);
    });
  }

  const forgeries = [
    { name: 'the id of the server', forge: () => JOB.upstreamId },
    { name: 'one that was tampered with', forge: (sealed: string) => sealed.replace(/.$/, '_') },
    { name: 'one of other keys', forge: () => adoptedBy(new Uint8Array(32).fill(2)) },
    { name: 'what was sealed for something else', forge: () => sealer().seal('session', JOB) },
  ];
  for (const { name, forge } of forgeries) {
    it(`do not open for ${name}`, () => {
      const task = ids.adopt(JOB, ANN);

      expect(ids.open(forge(task?.sealed ?? ''), ANN, NOW)).to.equal(undefined);
    });
  }

  it('stay the same when an answer comes again, and change with the call', () => {
    const first = ids.adopt(JOB, ANN);

    expect(ids.adopt(JOB, ANN)?.sealed).to.equal(first?.sealed);
    expect(ids.adopt({ ...JOB, call: 'x-2' }, ANN)?.sealed).to.not.equal(first?.sealed);
  });

  it('carry no id that is longer than headers should be', () => {
    expect(ids.adopt({ ...JOB, upstreamId: 'u'.repeat(1025) }, ANN)).to.equal(undefined);
  });

  it('forget the oldest of what the server may name by itself, which still opens', () => {
    const few = new TaskIds(sealer(), SELF, 1);
    const oldest = few.adopt(JOB, ANN);
    few.adopt({ ...JOB, upstreamId: 'job-2' }, ANN);

    expect(few.known(JOB.upstreamId, ANN)).to.equal(undefined);
    expect(few.open(oldest?.sealed ?? '', ANN, NOW)).to.deep.equal(oldest);
  });

  function adoptedBy(key: Uint8Array): string {
    return new TaskIds(new Sealer([key]), SELF).adopt(JOB, ANN)?.sealed ?? '';
  }
});
