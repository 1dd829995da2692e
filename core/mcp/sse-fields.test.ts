import { expect } from 'chai';
import { hasOtherLines } from './sse-fields.ts';

describe('the lines of an event', () => {
  const plain = [
    'data: a\n\n',
    'id: 1\r\ndata:{"a":1}\r\n\r\n',
    'retry: 5\n\n',
    'data\n\n',
    'event: message\ndata: :x\n\n',
  ];
  for (const raw of plain) {
    it(`are known: ${JSON.stringify(raw)}`, () => {
      expect(hasOtherLines(Buffer.from(raw))).to.equal(false);
    });
  }

  const others = [
    'data: a\n: comment\n\n',
    'x: y\ndata: a\n\n',
    'data: a\r: comment\r\r',
    '\ufeffdata: a\n\n',
    'datum: a\n\n',
    'event: a\nevent: message\ndata: a\n\n',
    'id: a\nid: b\n\n',
    'id: a\0b\ndata: a\n\n',
    'retry: soon\ndata: a\n\n',
    'retry: 1\nretry: 5\n\n',
    'retry: 123456789 and more\n\n',
  ];
  for (const raw of others) {
    it(`hold what no reader acts on: ${JSON.stringify(raw)}`, () => {
      expect(hasOtherLines(Buffer.from(raw))).to.equal(true);
    });
  }
});
