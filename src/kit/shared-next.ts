/**
 * A look at something that costs: calls made while one is under way share the next, so that each sees how things were
 * after it asked, and many at once cost no more than two.
 */
export function sharedNext<T>(look: () => Promise<T>): () => Promise<T> {
  let current: Promise<unknown> = Promise.resolve();
  let next: Promise<T> | undefined;
  return () => {
    next ??= current.then(() => {
      next = undefined;
      const looking = look();
      current = looking.catch(() => undefined);
      return looking;
    });
    return next;
  };
}
