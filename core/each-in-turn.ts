// Work for one after another, where what fails for one must hold up no other.

/** Rejects with the first fault, once all have had their turn. */
export async function eachInTurn<Item>(
  items: Iterable<Item>,
  work: (item: Item) => Promise<void>,
): Promise<void> {
  const faults: unknown[] = [];
  for (const item of items) {
    await work(item).catch((error: unknown) => faults.push(error));
  }
  if (faults.length > 0) throw faults[0];
}
