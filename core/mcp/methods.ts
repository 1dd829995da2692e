// Every method of every MCP revision as data: who sends it, what it acts on, whether it is plumbing.
// Sources: schema/<revision>/schema.ts of the specification and its tasks extension.

import type { TargetKind } from './messages.ts';
import { REVISION_NAMES, type Revision } from './revisions.ts';

export type MethodDirection = 'toServer' | 'toClient' | 'both';
export type ListKind = 'tools' | 'prompts' | 'resources' | 'resourceTemplates';

/** The member of `params` that names the target; `ref` holds a prompt name or a resource URI. */
export type TargetMember = 'name' | 'uri' | 'taskId' | 'ref';

export interface MethodFacts {
  readonly direction: MethodDirection;
  readonly kind: 'request' | 'notification';
  /** Allowed to any authenticated principal unless a rule names it (it carries no access itself). */
  readonly plumbing: boolean;
  /** The reply is a list, filtered per principal. */
  readonly list?: ListKind;
  /** Absent on `completion/complete`, whose `ref` says whether it is a prompt or a resource. */
  readonly targetKind?: TargetKind;
  readonly targetMember?: TargetMember;
  /** Revisions in which this is a message of its own (2026-07-28 moved some into `inputRequests`). */
  readonly revisions: readonly Revision[];
}

const ALL = REVISION_NAMES;
const LEGACY = ['2024-11-05', '2025-03-26', '2025-06-18', '2025-11-25'] as const;
const MODERN = ['2026-07-28'] as const;

const request = { direction: 'toServer', kind: 'request', plumbing: false } as const;
const ask = { direction: 'toClient', kind: 'request', plumbing: false } as const;
const handshake = { direction: 'toServer', kind: 'request', plumbing: true } as const;
const notice = { direction: 'toClient', kind: 'notification', plumbing: true } as const;
const note = { direction: 'toServer', kind: 'notification', plumbing: true } as const;
const either = { direction: 'both', kind: 'notification', plumbing: true } as const;

const tool = { targetKind: 'tool', targetMember: 'name' } as const;
const prompt = { targetKind: 'prompt', targetMember: 'name' } as const;
const resource = { targetKind: 'resource', targetMember: 'uri' } as const;
const task = { targetKind: 'task', targetMember: 'taskId' } as const;

export const METHODS: ReadonlyMap<string, MethodFacts> = new Map<string, MethodFacts>([
  // handshake and liveness
  ['initialize', { ...handshake, revisions: LEGACY }],
  ['notifications/initialized', { ...note, revisions: LEGACY }],
  ['server/discover', { ...handshake, revisions: MODERN }],
  ['ping', { ...handshake, direction: 'both', revisions: LEGACY }],
  ['notifications/cancelled', { ...either, revisions: ALL }],
  ['notifications/progress', { ...either, revisions: ALL }],
  ['subscriptions/listen', { ...handshake, revisions: MODERN }],
  ['notifications/subscriptions/acknowledged', { ...notice, revisions: MODERN }],
  // carriers: they ride on something already allowed
  ['notifications/tools/list_changed', { ...notice, revisions: ALL }],
  ['notifications/prompts/list_changed', { ...notice, revisions: ALL }],
  ['notifications/resources/list_changed', { ...notice, revisions: ALL }],
  ['notifications/resources/updated', { ...notice, ...resource, revisions: ALL }],
  ['notifications/message', { ...notice, revisions: ALL }],
  ['notifications/roots/list_changed', { ...note, revisions: LEGACY }],
  ['notifications/elicitation/complete', { ...notice, revisions: ['2025-11-25'] }],
  // tools, prompts, resources
  ['tools/list', { ...request, list: 'tools', revisions: ALL }],
  ['tools/call', { ...request, ...tool, revisions: ALL }],
  ['prompts/list', { ...request, list: 'prompts', revisions: ALL }],
  ['prompts/get', { ...request, ...prompt, revisions: ALL }],
  ['resources/list', { ...request, list: 'resources', revisions: ALL }],
  ['resources/templates/list', { ...request, list: 'resourceTemplates', revisions: ALL }],
  ['resources/read', { ...request, ...resource, revisions: ALL }],
  ['resources/subscribe', { ...request, ...resource, revisions: LEGACY }],
  ['resources/unsubscribe', { ...request, ...resource, revisions: LEGACY }],
  ['completion/complete', { ...request, targetMember: 'ref', revisions: ALL }],
  ['logging/setLevel', { ...request, revisions: LEGACY }],
  // tasks: core in 2025-11-25 (either side may own one), an extension in 2026-07-28
  ['tasks/get', { ...request, ...task, direction: 'both', revisions: ['2025-11-25', ...MODERN] }],
  [
    'tasks/cancel',
    { ...request, ...task, direction: 'both', revisions: ['2025-11-25', ...MODERN] },
  ],
  ['tasks/result', { ...request, ...task, direction: 'both', revisions: ['2025-11-25'] }],
  ['tasks/list', { ...request, direction: 'both', revisions: ['2025-11-25'] }],
  ['tasks/update', { ...request, ...task, revisions: MODERN }],
  [
    'notifications/tasks/status',
    { ...either, ...task, plumbing: false, revisions: ['2025-11-25'] },
  ],
  ['notifications/tasks', { ...notice, ...task, plumbing: false, revisions: MODERN }],
  // the server asks the client
  ['sampling/createMessage', { ...ask, revisions: LEGACY }],
  ['elicitation/create', { ...ask, revisions: ['2025-06-18', '2025-11-25'] }],
  ['roots/list', { ...ask, revisions: LEGACY }],
]);

/** True when `method` may travel in `direction`; an unknown method travels in neither. */
export function travels(method: string, direction: 'toServer' | 'toClient'): boolean {
  const facts = METHODS.get(method);
  return facts !== undefined && (facts.direction === 'both' || facts.direction === direction);
}
