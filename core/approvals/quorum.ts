// Whether enough people have approved. People are counted, not accounts, tokens or groups: someone
// in two pools fills one place in one of them.

import { type Identity, isSameHuman } from './identity.ts';
import type { Need } from './request.ts';

/** What an approval counts for: the pools the voter belonged to when voting, as indexes of the needs. */
export interface Counted extends Identity {
  readonly serves: readonly number[];
}

/** True when every place of every pool can be filled by a person of its own. */
export function isQuorate(approvals: readonly Counted[], needs: readonly Need[]): boolean {
  return needs.length > 0 && filledPlaces(approvals, needs) === placesOf(needs).length;
}

/** How many more people it takes at least. */
export function missingApprovals(approvals: readonly Counted[], needs: readonly Need[]): number {
  return placesOf(needs).length - filledPlaces(approvals, needs);
}

/**
 * The most places that distinct people can fill: a maximum bipartite matching by augmenting paths,
 * since who counts for which pool must not hang on the order of the votes.
 */
function filledPlaces(approvals: readonly Counted[], needs: readonly Need[]): number {
  const people = distinctPeople(approvals);
  const places = placesOf(needs);
  /** Who holds each place: an index of `people`. */
  const holders = new Map<number, number>();

  function seat(person: number, tried: Set<number>): boolean {
    for (const [place, need] of places.entries()) {
      if (tried.has(place) || people[person]?.serves.includes(need) !== true) continue;
      tried.add(place);
      const holder = holders.get(place);
      if (holder === undefined || seat(holder, tried)) {
        holders.set(place, person);
        return true;
      }
    }
    return false;
  }

  return people.filter((_, person) => seat(person, new Set())).length;
}

/** One entry per place to fill: the index of its need. */
function placesOf(needs: readonly Need[]): readonly number[] {
  return needs.flatMap(({ quorum }, index) => Array.from({ length: quorum }, () => index));
}

/** The first vote of each human; a later one under another name adds nothing. */
function distinctPeople(approvals: readonly Counted[]): readonly Counted[] {
  return approvals.filter(
    (vote, index) => approvals.findIndex((other) => isSameHuman(other, vote)) === index,
  );
}
