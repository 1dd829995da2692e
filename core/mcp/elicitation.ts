// URLs that a server wants its user to open (elicitation in `url` mode, 2025-11-25 and later): where they
// may lead at all, whatever a policy allows. Hosts are for policy to list, by conditions on params.url.

import { isLoopback } from '#core/identity/loopback.ts';
import { isArray, isObject, type JsonObject, type JsonValue } from './messages.ts';

/** What is wrong with the URL that a question brings along; undefined when there is none, or nothing. */
export function elicitationFault(method: string, params: JsonObject): string | undefined {
  // By its URL, not by its mode: a client may well go by what is there.
  if (method !== 'elicitation/create') return undefined;
  if (params.url === undefined && params.mode !== 'url') return undefined;
  const url = typeof params.url === 'string' ? URL.parse(params.url) : null;
  if (url === null) return 'its URL cannot be read';
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLoopback(url.hostname))) {
    return 'its URL is not https';
  }
  // `https://bank.example@evil.example` is read by people as a page of the bank.
  return url.username === '' && url.password === '' ? undefined : 'its URL names a user';
}

/** JSON-RPC code of an error that asks the client to have URLs opened first (2025-11-25). */
const URL_ELICITATION_REQUIRED = -32042;

/** The questions inside such an error; undefined for every other error, empty when it asks nothing. */
export function elicitationsIn(error: JsonValue): readonly JsonObject[] | undefined {
  if (!isObject(error) || error.code !== URL_ELICITATION_REQUIRED) return undefined;
  const { data } = error;
  if (!isObject(data) || !isArray(data.elicitations)) return [];
  return data.elicitations.map((each) => (isObject(each) ? each : {}));
}
