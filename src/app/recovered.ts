/** Holds back what comes for a project that is not ready. */
export class Recovered {
  isDone = false;
  private release: () => void = () => {};
  private readonly promise = new Promise<void>((resolve) => {
    this.release = resolve;
  });

  done(): void {
    this.isDone = true;
    this.release();
  }

  /** Runs the work at once when there is nothing to wait for. */
  whenDone<T>(work: () => Promise<T>): Promise<T> {
    return this.isDone ? work() : this.promise.then(work);
  }
}
