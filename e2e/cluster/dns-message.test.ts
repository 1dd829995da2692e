import { expect } from 'chai';
import { type Question, readQuestion, writeAnswer } from './dns-message.ts';

/** As a resolver asks for the address of `a.b`. */
const QUERY = Buffer.from('beef01000001000000000000' + '016101620000010001', 'hex');

describe('a DNS message', () => {
  it('is read', () => {
    expect(readQuestion(QUERY)).to.include({ name: 'a.b', isAddress: true });
  });

  it('is answered with the addresses that were found', () => {
    const answer = writeAnswer(read(QUERY), { exists: true, addresses: ['10.0.0.7'] });

    expect(answer.toString('hex')).to.equal(
      'beef85000001000100000000' + '016101620000010001' + 'c00c0001000100000001' + '00040a000007',
    );
  });

  it('says that a name does not exist', () => {
    const answer = writeAnswer(read(QUERY), { exists: false, addresses: [] });

    expect(answer.readUInt16BE(2) & 0xf).to.equal(3);
    expect(answer.readUInt16BE(6)).to.equal(0);
  });

  for (const [what, bytes] of [
    ['without a question', QUERY.subarray(0, 12)],
    ['cut inside its name', QUERY.subarray(0, 15)],
    ['whose name points elsewhere', Buffer.from('beef01000001000000000000c00c00010001', 'hex')],
  ] as const) {
    it(`is left unanswered ${what}`, () => {
      expect(readQuestion(bytes)).to.equal(undefined);
    });
  }
});

function read(message: Buffer): Question {
  return readQuestion(message)!;
}
