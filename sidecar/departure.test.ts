import { expect } from 'chai';
import { Departure } from './departure.ts';

describe('a replica that leaves', () => {
  const call = { kind: 'request', method: 'tools/call' } as const;
  const left = new Departure();
  left.leave();

  it('takes everything while that is only announced', () => {
    const announced = new Departure();
    announced.announce();

    expect(announced.refuse({ kind: 'request', method: 'initialize' }, false)).to.equal(undefined);
    expect(announced.refuse(call, true)).to.equal(undefined);
  });

  it('opens no session, and says when to try again', () => {
    const refusal = left.refuse({ kind: 'request', method: 'initialize' }, false);

    expect(refusal).to.include({ code: 'draining', retryAfterSeconds: 1 });
  });

  it('lets requests of its sessions hear that they are gone', () => {
    expect(left.refuse(call, true)?.code).to.equal('session_unknown');
  });

  it('takes what a call under way still needs, and calls that stand alone', () => {
    expect(left.refuse({ kind: 'response' }, true)).to.equal(undefined);
    expect(left.refuse({ kind: 'notification', method: 'x' }, true)).to.equal(undefined);
    expect(left.refuse(call, false)).to.equal(undefined);
  });
});
