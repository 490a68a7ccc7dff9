/** Counts happenings per key in a sliding window of time. Keys that went quiet are forgotten. */
export class SlidingWindow {
  private readonly times = new Map<string, number[]>();

  /** True, and counted, when fewer than `max` happened within `windowMs`. */
  take(key: string, max: number, windowMs: number, now: number = Date.now()): boolean {
    const recent = (this.times.get(key) ?? []).filter((at) => at > now - windowMs && at <= now);
    if (recent.length >= max) {
      this.times.set(key, recent);
      return false;
    }
    recent.push(now);
    this.times.set(key, recent);
    if (this.times.size > 10_000) this.forget(now - windowMs);
    return true;
  }

  private forget(before: number): void {
    for (const [key, times] of this.times) if ((times.at(-1) ?? 0) < before) this.times.delete(key);
  }
}
