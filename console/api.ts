// The approvals API of each namespace, for programs that bring a token of their own: what a gateway serves on
// its admin address, here at /api/namespaces/NAME. docs/openapi/approvals.yaml is its contract.

import type { IncomingMessage } from 'node:http';
import { type ApiError, answerTo, send } from '#platform/http/api-answer.ts';
import { approvalsApi } from '#platform/http/approvals-api.ts';
import type { Mount } from '#platform/process/admin-server.ts';
import type { Console } from './console.ts';
import type { ConsoleNamespace } from './namespace.ts';
import { rulesOf } from './trust.ts';

/** A path below these is of the API, whatever comes of it. */
const PATH = /^\/api\/namespaces\/([a-z0-9-]{1,63})(\/approvals(?:[/?].*)?)$/;

/** Undefined for what is no address of the API. */
export function apiOf({ url = '' }: IncomingMessage, console: Console): Mount | undefined {
  const [, name, rest] = PATH.exec(url) ?? [];
  if (name === undefined || rest === undefined) return undefined;
  const served = console.namespaces().find((each) => each.name === name);
  if (served === undefined) {
    return async (request, response) => send(request, response, answerTo(NOT_SERVED));
  }
  const answer = approvalsApi(optionsOf(served, console));
  return (request, response) => {
    request.url = rest;
    return answer(request, response);
  };
}

const NOT_SERVED: ApiError = {
  code: 'path_unknown',
  reason: 'this console serves no such namespace, or nobody is asked there',
};

function optionsOf(
  { desk, trusted, onUnproven }: ConsoleNamespace,
  { settings, tooSoon, log }: Console,
): Parameters<typeof approvalsApi>[0] {
  const { publicUrl } = settings;
  return {
    desk,
    gate: () => {
      const now = trusted();
      const rules = rulesOf(now);
      return rules === undefined ? undefined : { verifier: now.verifier, rules };
    },
    hosts: [publicUrl.hostname.toLowerCase()],
    // Whoever gave an https address has put something in front that ends TLS.
    allowPlainHttp: publicUrl.protocol === 'https:',
    onUnproven: (unproven, address) => onUnproven({ ...unproven, door: 'approvals' }, address),
    tooSoon,
    onFault: (error) =>
      log.error('the approvals API failed', {
        error: error instanceof Error ? error : new Error('not an Error was thrown'),
      }),
  };
}
