// The middle of a set of figures: on a machine where single ones drift by a third, the only one to trust.

export function median(figures: readonly number[]): number {
  if (figures.length === 0) throw new Error('no figures');
  const sorted = figures.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const [low, high] = [sorted[middle - 1], sorted[middle]];
  return sorted.length % 2 === 1 ? high! : (low! + high!) / 2;
}
