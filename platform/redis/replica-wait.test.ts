import { expect } from 'chai';
import { ReplicaWait, type WaitingClient } from './replica-wait.ts';

describe('Waiting for replicas', () => {
  let asked: string[];

  beforeEach(() => {
    asked = [];
  });

  /** A server that answers so, by command; what it has no answer for it does not know. */
  function server(answers: Readonly<Record<string, unknown>>): WaitingClient {
    return {
      call: async (command, ...args) => {
        asked.push([command, ...args].join(' '));
        const answer = answers[command] ?? new Error(`ERR unknown command '${command}', with args`);
        if (answer instanceof Error) throw answer;
        return answer;
      },
    };
  }

  it('asks for their disks where the server can tell', async () => {
    const wait = new ReplicaWait(2);

    expect(await wait.isEnough(server({ WAITAOF: [1, 2] }))).to.equal(true);
    expect(await wait.isEnough(server({ WAITAOF: [1, 1] }))).to.equal(false);
    expect(await wait.isEnough(server({ WAITAOF: [0, 2] }))).to.equal(false);
    expect(asked).to.deep.equal(Array(3).fill('WAITAOF 1 2 1500'));
  });

  it('asks for their memory where it cannot, and asks no more for the other', async () => {
    const wait = new ReplicaWait(1);
    const old = server({ WAIT: 1 });

    expect(await wait.isEnough(old)).to.equal(true);
    expect(await wait.isEnough(server({ WAIT: 0 }))).to.equal(false);
    expect(asked).to.deep.equal(['WAITAOF 1 1 1500', 'WAIT 1 1500', 'WAIT 1 1500']);
  });

  it('does the same where its user may not', async () => {
    const forbidden = server({ WAITAOF: new Error('NOPERM no permissions'), WAIT: 1 });

    expect(await new ReplicaWait(1).isEnough(forbidden)).to.equal(true);
  });

  it('takes no other fault for an answer', async () => {
    const fault = new Error(
      'ERR WAITAOF cannot be used when numlocal is set but appendonly is disabled',
    );
    const error = await new ReplicaWait(1)
      .isEnough(server({ WAITAOF: fault, WAIT: 1 }))
      .catch((each) => each);

    expect(error).to.equal(fault);
  });

  it('asks nothing where none must have it', async () => {
    expect(await new ReplicaWait(0).isEnough(server({}))).to.equal(true);
    expect(asked).to.deep.equal([]);
  });
});
