import { expect } from 'chai';
import { encodeSseEvent } from '#core/mcp/sse.ts';
import { KeptReply } from './kept-reply.ts';

describe('the answer of a call that goes on without a client', () => {
  const reply = () => new KeptReply(new AbortController().signal, 1000);
  const event = (text: string) => encodeSseEvent({ data: Buffer.from(text) });
  const textOf = ({ answer }: KeptReply) => Buffer.from(answer?.bytes ?? []).toString();

  it('is kept when it comes whole', () => {
    const kept = reply();
    kept.send({ status: 401, headers: {}, body: Buffer.from('no') });

    expect(kept.answer?.status).to.equal(401);
    expect(textOf(kept)).to.equal('no');
    expect(kept.isCommitted).to.equal(true);
  });

  it('is the last message of a stream, over whatever chunks', () => {
    const kept = reply();
    kept.openStream();
    const bytes = Buffer.concat([
      event('progress'),
      Buffer.from(': keepalive\n\n'),
      event('answer'),
    ]);
    for (const byte of bytes) kept.write(Uint8Array.of(byte));
    kept.end();

    expect(textOf(kept)).to.equal('answer');
  });

  it('is none where nothing was answered', () => {
    const kept = reply();
    kept.openStream();
    kept.write(Buffer.from(': keepalive\n\n'));
    kept.cut();

    expect(kept.answer).to.equal(undefined);
  });
});
