/** All waits of the adapter in one place, so that tests can shorten them. */
export interface Timing {
  /** Seconds the service may hold a poll open. */
  readonly pollSecs: number;
  /** Beyond that, how late an answer may be before the connection counts as dead. */
  readonly graceMs: number;
  /** Limit for every other call. */
  readonly callMs: number;
  /** How long after a send without answer the service may still be carrying it out. */
  readonly settleMs: number;
  readonly retryMinMs: number;
  readonly retryMaxMs: number;
  /** After "another instance is polling", how long none may be noticed before all is well again. */
  readonly conflictQuietMs: number;
  /** Between attempts with a token that was refused. */
  readonly deniedMs: number;
}

export const defaultTiming: Timing = {
  pollSecs: 30,
  graceMs: 10_000,
  callMs: 30_000,
  settleMs: 1500,
  retryMinMs: 250,
  retryMaxMs: 30_000,
  conflictQuietMs: 60_000,
  deniedMs: 60_000,
};
