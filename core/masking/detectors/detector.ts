// What a built-in detector is: a fixed shape, found by anchoring on what is rare in it and growing by
// hand within bounds, so that time is linear in the text whatever the text is.

import type { DETECTORS } from '#crds/spec/masking.ts';

export type DetectorName = (typeof DETECTORS)[number];

/** Offsets in UTF-16 code units, `end` exclusive. */
export interface Match {
  readonly start: number;
  readonly end: number;
}

export interface Detector {
  readonly name: DetectorName;
  /** A credential: showing its last characters would narrow it down, so Partial acts as Redact. */
  readonly isSecret: boolean;
  /** Cheap; true for every text in which `find` finds something. */
  prefilter(text: string): boolean;
  /**
   * In order and without overlap. `hint` is the name of the field that holds the text: a number that
   * means nothing by itself may be the value of `ssn`.
   */
  find(text: string, hint: string): readonly Match[];
  /** What is equal for equal values, however they are written. */
  canonical(matched: string): string;
}
