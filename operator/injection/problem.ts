// Why a pod cannot be injected: a value that says it in a sentence, with what to do.

/** Never holds a value of an environment variable: those may be secrets. */
export interface Refused {
  readonly ok: false;
  readonly why: string;
}

export function refuse(why: string): Refused {
  return { ok: false, why };
}
