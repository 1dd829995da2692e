import { expect } from 'chai';
import { parseTraceparent } from './trace-context.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const SPAN = '00f067aa0ba902b7';

describe("a caller's trace context", () => {
  const readable: readonly [why: string, text: string, isSampled: boolean][] = [
    ['sampled', `00-${TRACE}-${SPAN}-01`, true],
    ['not sampled', `00-${TRACE}-${SPAN}-00`, false],
    ['other flags do not sample', `00-${TRACE}-${SPAN}-02`, false],
    ['other flags beside it', `00-${TRACE}-${SPAN}-03`, true],
    ['a later version that says more', `01-${TRACE}-${SPAN}-01-what-comes`, true],
  ];
  for (const [why, text, isSampled] of readable) {
    it(`is read: ${why}`, () => {
      expect(parseTraceparent(text)).to.deep.equal({ trace: TRACE, span: SPAN, isSampled });
    });
  }

  const unreadable: readonly [why: string, text: string][] = [
    ['nothing', ''],
    ['upper case', `00-${TRACE.toUpperCase()}-${SPAN}-01`],
    ['a trace of zeros', `00-${'0'.repeat(32)}-${SPAN}-01`],
    ['a span of zeros', `00-${TRACE}-${'0'.repeat(16)}-01`],
    ['version ff', `ff-${TRACE}-${SPAN}-01`],
    ['version 00 that says more', `00-${TRACE}-${SPAN}-01-more`],
    ['no flags', `00-${TRACE}-${SPAN}`],
    ['something before it', ` 00-${TRACE}-${SPAN}-01`],
    ['a newline after it', `00-${TRACE}-${SPAN}-01\n`],
    ['far too long', `01-${TRACE}-${SPAN}-01-${'x'.repeat(600)}`],
  ];
  for (const [why, text] of unreadable) {
    it(`is none: ${why}`, () => {
      expect(parseTraceparent(text)).to.equal(undefined);
    });
  }
});
