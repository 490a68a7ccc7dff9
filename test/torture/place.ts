/** A message of the bot as a person sees it now. */
export interface Seen {
  /** With `~2` and so on behind it where a repeat has the id of what it repeats. */
  readonly id: string;
  readonly text: string;
  /** The message it quotes, where the platform shows that. */
  readonly replyTo: string | undefined;
  readonly buttons: readonly string[];
  /** A card or stream that says it is still being written. */
  readonly generating: boolean;
}

/** One chat with one person in it, on any platform. */
export interface Place {
  readonly name: string;
  /** Writes a message; returns its id. */
  say(text: string): string;
  /** Several files with one caption; returns the ids of all. Undefined where there is no such thing. */
  album?(caption: string): string[];
  /** Whether questions are asked by buttons and not by a form or in words. */
  readonly asksByButtons: boolean;
  /** Presses a button by its label; a press that is not answered is no error. */
  press(message: Seen, label: string): void;
  /** The bot's messages in the order of the chat. */
  seen(): readonly Seen[];
  /** Messages that still carry a sign of being worked on. */
  signs(): readonly string[];
  /** How the store names a message of this place. */
  readonly chat: string;
  /** Ids of parts that were sent more than once: a send of theirs had got there, or been cut off. */
  unanswered?(): ReadonlySet<string>;
}
