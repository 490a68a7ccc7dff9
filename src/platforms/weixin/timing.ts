/** All waits of the adapter in one place, so that tests can shorten them. Milliseconds. */
export interface Timing {
  /** Beyond what the service may hold a poll open: how late an answer may be before the connection counts as dead. */
  readonly graceMs: number;
  /** A first poll that is held this long means that the service is there: a bad token is refused at once. */
  readonly heldMs: number;
  /** Limit for every other call. */
  readonly callMs: number;
  /** No byte of a media transfer for this long ends it. */
  readonly silenceMs: number;
  readonly retryMinMs: number;
  readonly retryMaxMs: number;
  /** Between attempts with a token that was refused. */
  readonly deniedMs: number;
}

export const defaultTiming: Timing = {
  graceMs: 10_000,
  heldMs: 1500,
  callMs: 15_000,
  silenceMs: 30_000,
  retryMinMs: 500,
  retryMaxMs: 30_000,
  deniedMs: 300_000,
};
