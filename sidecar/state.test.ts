import { expect } from 'chai';
import type { Principal } from '#core/identity/principal.ts';
import { Sealer } from '#platform/process/seal.ts';
import { RequestStates, type RoundState, type ServerState } from './state.ts';

const ANN: Principal = {
  issuer: 'https://idp.example',
  issuerName: 'corp',
  subject: 'ann',
  actors: [],
  groups: [],
  scopes: [],
  claims: {},
  expiresAtSeconds: 0,
};
const BOB: Principal = { ...ANN, subject: 'bob' };
const AT = 100;
const HOUR = 3600;
const NONCE = 'n'.repeat(16);
const SERVER: ServerState = { kind: 'server', state: 'server state' };
const ROUND: RoundState = { kind: 'round', round: { approvalId: 'ap-1', nonce: NONCE, count: 2 } };

describe('request states', () => {
  const states = new RequestStates(new Sealer([new Uint8Array(32).fill(1)]));
  const call = (name: string, requestState?: unknown) =>
    ({
      kind: 'request',
      id: 1,
      method: 'tools/call',
      params: requestState === undefined ? { name } : { name, requestState: String(requestState) },
      target: { kind: 'tool', name },
    }) as const;

  const kinds: readonly { readonly name: string; readonly carried: ServerState | RoundState }[] = [
    { name: 'the state of the server', carried: SERVER },
    { name: 'an empty state of the server', carried: { kind: 'server', state: '' } },
    {
      name: 'the approval under which the server asked',
      carried: { kind: 'server', approved: { approvalId: 'ap-1', nonce: NONCE } },
    },
    { name: 'a round of waiting', carried: ROUND },
    {
      name: 'a round that keeps what is for the server',
      carried: { ...ROUND, state: 'server state', responses: '{"a":1.0}' },
    },
  ];
  for (const { name, carried } of kinds) {
    it(`give back ${name}, and show nothing of it`, () => {
      const sealed = states.seal(carried, call('pay'), ANN, AT) ?? '';

      expect(sealed).to.not.match(/server|ap-1|"a"/);
      expect(states.open(call('pay', sealed), ANN, AT + 1)).to.deep.equal({
        ...carried,
        expiresAtSeconds: AT + HOUR,
      });
    });
  }

  const forgeries = [
    { name: 'another principal', open: (s: string) => states.open(call('pay', s), BOB, AT) },
    { name: 'another tool', open: (s: string) => states.open(call('refund', s), ANN, AT) },
    { name: 'an hour later', open: (s: string) => states.open(call('pay', s), ANN, AT + HOUR + 1) },
    { name: 'a changed state', open: (s: string) => states.open(call('pay', `${s}x`), ANN, AT) },
    {
      name: 'another method',
      open: (s: string) => states.open({ ...call('pay', s), method: 'prompts/get' }, ANN, AT),
    },
  ];
  for (const { name, open } of forgeries) {
    for (const carried of [SERVER, ROUND]) {
      it(`refuse one of a ${carried.kind} for ${name}`, () => {
        const sealed = states.seal(carried, call('pay'), ANN, AT) ?? '';

        expect(open(sealed)).to.have.nested.property('refusal.code', 'state_invalid');
      });
    }
  }

  it('seal nothing that would not be taken back', () => {
    const sealed = (chars: number) =>
      states.seal({ kind: 'server', state: 'x'.repeat(chars) }, call('pay'), ANN, AT);

    expect(states.open(call('pay', sealed(16_384)), ANN, AT).kind).to.equal('server');
    expect(sealed(20_000)).to.equal(undefined);
  });

  it('refuse a state that is no text', () => {
    const { params, ...asked } = call('pay');

    const opened = states.open({ ...asked, params: { ...params, requestState: 7 } }, ANN, AT);

    expect(opened).to.have.nested.property('refusal.code', 'state_invalid');
  });

  it('ask nothing of a request without state', () => {
    expect(states.open(call('pay'), ANN, AT)).to.deep.equal({ kind: 'none' });
  });
});
