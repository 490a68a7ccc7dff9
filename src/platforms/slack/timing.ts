/** All waits of the adapter, in ms; tests shorten them. */
export interface SlackTimings {
  /** An API call without an answer. */
  readonly callMs: number;
  /** From the socket's address to the greeting. */
  readonly helloMs: number;
  /** Between our pings. */
  readonly pingMs: number;
  /** A socket that brought nothing for this long, not even a pong, is dead. */
  readonly silenceMs: number;
  /** First and greatest wait between connection attempts. */
  readonly backoffMs: readonly [number, number];
  /** Between attempts while a person must act (revoked token). */
  readonly deniedMs: number;
  /** A lost post may still be on its way this long. */
  readonly settleMs: number;
  /** A live message waits at most this long for those missed before it. */
  readonly catchUpMs: number;
  /** A press or command is acknowledged after this long even while it is still being handled. */
  readonly ackMs: number;
  /** Before the history is read again because something could not be stored. */
  readonly againMs: number;
}

export const defaultTimings: SlackTimings = {
  callMs: 30_000,
  helloMs: 15_000,
  pingMs: 5_000,
  silenceMs: 20_000,
  backoffMs: [500, 30_000],
  deniedMs: 120_000,
  settleMs: 1_500,
  catchUpMs: 2_000,
  ackMs: 2_500,
  againMs: 30_000,
};
