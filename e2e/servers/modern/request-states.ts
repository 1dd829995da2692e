// Seals the state that a multi-round-trip request carries through the client, and opens it again.
// A key of this process is enough: the fixture is one process and its states die with it.

import { randomBytes } from 'node:crypto';
import { createRequestStateCodec, type RequestStateCodec } from '@modelcontextprotocol/server';

export interface RoundState {
  readonly round: number;
}

export function requestStates(): RequestStateCodec<RoundState> {
  return createRequestStateCodec<RoundState>({ key: randomBytes(32) });
}
