// Segregation of duties: nobody decides about themselves, under whatever name, nor about what they
// carry out for somebody else. There is no exception for administrators.

import type { Approver } from './approver.ts';
import { isActor, isSameAccount, isSameHuman } from './identity.ts';
import type { Need, Pool, Requester } from './request.ts';

export const SEPARATION_REFUSALS = [
  'requester',
  'same_person',
  'acts_for_requester',
  'other_issuer',
  'not_an_approver',
] as const;
export type SeparationRefusal = (typeof SEPARATION_REFUSALS)[number];

export interface Asked {
  readonly requester: Requester;
  readonly terms: { readonly needs: readonly Need[] };
}

/**
 * Why this approver has no say on this request. Approving, denying and revoking alike: whoever has no
 * say must not be able to stop others either.
 */
export function separationRefusal(approver: Approver, asked: Asked): SeparationRefusal | undefined {
  const { requester, terms } = asked;
  if (isSameAccount(approver, requester)) return 'requester';
  if (isSameHuman(approver, requester)) return 'same_person';
  if (requester.actors.some((actor) => isActor(approver, actor))) return 'acts_for_requester';
  if (terms.needs.every(({ issuer }) => issuer !== approver.issuer)) return 'other_issuer';
  return needsServedBy(approver, terms.needs).length === 0 ? 'not_an_approver' : undefined;
}

/** Indexes of the pools this approver belongs to, by the groups of the token they vote with. */
export function needsServedBy(approver: Approver, needs: readonly Need[]): readonly number[] {
  return needs.flatMap((need, index) => (isInPool(approver, need) ? [index] : []));
}

export function isInPool(approver: Approver, { issuer, groups, subjects }: Pool): boolean {
  const isNamed =
    subjects.includes(approver.subject) || groups.some((group) => approver.groups.includes(group));
  return issuer === approver.issuer && isNamed;
}
