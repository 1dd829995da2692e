import { expect } from 'chai';
import { HASH } from './records.fixture.ts';
import { idsOfHash, idsOfUuid, remoteContext, sampledContext } from './span-ids.ts';

describe('ids of spans', () => {
  it('are those of the exchange', () => {
    expect(idsOfUuid('0199a1b2-c3d4-7e5f-8a6b-7c8d9e0f1a2b')).to.deep.equal({
      traceId: '0199a1b2c3d47e5f8a6b7c8d9e0f1a2b',
      spanId: '8a6b7c8d9e0f1a2b',
    });
  });

  for (const text of ['', 'e1', '0199A1B2-c3d4-7e5f-8a6b-7c8d9e0f1a2b', 'x'.repeat(36)]) {
    it(`are not made from "${text}"`, () => {
      expect(idsOfUuid(text)).to.equal(undefined);
    });
  }

  it('are those of a record where there is no exchange', () => {
    const { traceId, spanId } = idsOfHash(HASH);

    expect(HASH).to.include(traceId);
    expect([traceId.length, spanId.length]).to.deep.equal([32, 16]);
  });

  it('are always sampled', () => {
    const ids = idsOfHash(HASH);

    expect(sampledContext(ids).traceFlags).to.equal(1);
    expect(remoteContext(ids)).to.include({ traceFlags: 1, isRemote: true });
  });
});
