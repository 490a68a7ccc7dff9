/** Times of the adapter in ms; tests make them short. */
export interface Timing {
  /** A REST call without an answer is given up. */
  readonly callMs: number;
  /** From opening the socket to its first words, and from identifying to being ready. */
  readonly helloMs: number;
  readonly readyMs: number;
  /** Nothing heard on an open gateway for this long means that it is dead; the service wants a heartbeat each 41 s. */
  readonly silenceMs: number;
  /** Waits between connections. */
  readonly retryMinMs: number;
  readonly retryMaxMs: number;
  /** Between attempts when a person must mend something first. */
  readonly deniedMs: number;
  /** A confirmation only the pressing person sees goes away by itself. */
  readonly toastMs: number;
}

export const defaultTiming: Timing = {
  callMs: 15_000,
  helloMs: 20_000,
  readyMs: 20_000,
  silenceMs: 95_000,
  retryMinMs: 1_000,
  retryMaxMs: 60_000,
  deniedMs: 5 * 60_000,
  toastMs: 6_000,
};
