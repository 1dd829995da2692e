// A task of ours whose server asked for input, and whose client has brought it: the same call with the
// answers in it, as a client that goes on by itself would make it (MRTR). It may need an approval anew.

import { readJson } from '#core/mcp/json.ts';
import { parseMessage } from '#core/mcp/message.ts';
import { isObject, type RequestMessage } from '#core/mcp/messages.ts';
import { locate } from '#core/mcp/spans.ts';
import { removeMember, setMember, splice } from '#core/mcp/splice.ts';
import type { Admission } from './admit-body.ts';
import type { Gate } from './gate.ts';
import type { OwnTask, TaskInputs } from './own-task.ts';
import { takeState } from './take-state.ts';

/** The deepest that `spec.limits.maxDepth` may allow. */
const MAX_DEPTH = 512;

/** False when nothing comes of it: nothing is asked, or not all of it is answered. */
export function proceedTask(
  task: OwnTask,
  { request, received }: { readonly request: RequestMessage; readonly received: Uint8Array },
  gate: Gate,
): boolean {
  const { inputs, course } = task;
  const { inputResponses } = request.params;
  const span = locate(received, ['params', 'inputResponses']);
  if (inputs === undefined || span === undefined || !isObject(inputResponses)) return false;
  if (!inputs.keys.every((key) => Object.hasOwn(inputResponses, key))) return false;
  const answers = Buffer.from(received.subarray(span.start, span.end)).toString('utf8');
  const admission = withInput(task, { answers, inputs }, gate);
  if (admission?.message.kind !== 'request') return false;
  const call = { ...course.call, admission, request: admission.message };
  task.proceed({ call, definition: '', approvalId: undefined }, gate.clock.epochSeconds() * 1000);
  return true;
}

/** The call as it came, with the answers and the state that the server gave; undefined: it cannot be. */
function withInput(
  { course: { call }, proof }: OwnTask,
  { answers, inputs }: { readonly answers: string; readonly inputs: TaskInputs },
  gate: Gate,
): Admission | undefined {
  const { bytes: came } = call.admission.received;
  const params = locate(came, ['params']);
  if (params === undefined) return undefined;
  const state =
    inputs.state === undefined
      ? removeMember(came, params, 'requestState')
      : setMember(came, params, 'requestState', JSON.stringify(inputs.state));
  const edits = [setMember(came, params, 'inputResponses', answers), ...(state ? [state] : [])];
  const bytes = splice(came, edits);
  const limits = { maxBytes: bytes.byteLength, maxDepth: MAX_DEPTH, numbers: 'exact' } as const;
  const json = readJson(bytes, limits);
  const parsed = json.ok ? parseMessage(json.value) : undefined;
  if (!json.ok || parsed?.ok !== true) return undefined;
  const whole = { message: parsed.message, bytes, value: json.value };
  const nowSeconds = gate.clock.epochSeconds();
  const taken = takeState(whole, proof.principal, { states: gate.states, nowSeconds });
  return 'code' in taken ? undefined : { ...call.admission, ...taken };
}
