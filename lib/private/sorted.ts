/** A sorted copy; texts are compared by code unit, so that the order is the same on every machine. */
export function sorted<T>(items: Iterable<T>, rank: (item: T) => string | number): T[] {
  const copy = [...items];
  copy.sort((a, b) => {
    const [left, right] = [rank(a), rank(b)];
    return left === right ? 0 : left < right ? -1 : 1;
  });
  return copy;
}
