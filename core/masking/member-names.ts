// Names of members that are masked: two that become the same have to be told apart.

/** Names that an object has, each with the number that the last of its namesakes got. */
export class MemberNames {
  readonly #last: Map<string, number>;

  constructor(names: readonly string[]) {
    this.#last = new Map(names.map((name) => [name, 1]));
  }

  /** `base`, or `base_2`, `base_3` … where the object has that name already. */
  add(base: string): string {
    let count = this.#last.get(base) ?? 0;
    let name = base;
    while (this.#last.has(name)) {
      count += 1;
      name = `${base}_${count}`;
    }
    this.#last.set(base, Math.max(count, 1)).set(name, 1);
    return name;
  }
}
