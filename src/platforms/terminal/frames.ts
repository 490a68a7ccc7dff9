import type { Card } from '../../core/card.ts';
import type { MenuEntry } from '../../core/platform.ts';

/** What travels between the daemon and an attached terminal: one JSON object per line, both ways. */

/** A rendered part. It is also the `body` of this platform's outbox rows, so it stays plain JSON. */
export type TerminalBody =
  | { readonly kind: 'text'; readonly markdown: string; readonly footer?: string }
  | { readonly kind: 'card'; readonly card: Card }
  | {
      readonly kind: 'file';
      readonly path: string;
      readonly name: string;
      readonly mime: string;
      readonly size: number;
      readonly caption?: string;
    };

/** Daemon → terminal. Frames with `ack` wait for a `TerminalAck` with that number. */
export type ServerFrame =
  /** First frame. */
  | {
      readonly t: 'hello';
      readonly project: string;
      readonly session: string;
      readonly sessionKey: string;
      readonly agent?: string;
      readonly commands: readonly MenuEntry[];
    }
  /** Instead of `hello`: this terminal cannot be attached; the connection ends. */
  | { readonly t: 'refused'; readonly error: string; readonly advice?: string; readonly code: string }
  | { readonly t: 'commands'; readonly commands: readonly MenuEntry[] }
  /** A message. The same `key` may come again after a lost answer: show it once. `ref` names it in later frames. */
  | {
      readonly t: 'message';
      readonly ack: number;
      readonly key: string;
      readonly ref: string;
      readonly body: TerminalBody;
    }
  | { readonly t: 'edit'; readonly ack: number; readonly ref: string; readonly body: TerminalBody }
  | { readonly t: 'remove'; readonly ack: number; readonly ref: string }
  /** The running turn's text so far; `seq` rises. */
  | {
      readonly t: 'preview';
      readonly ref: string;
      readonly seq: number;
      readonly markdown: string;
      readonly status?: string;
    }
  /** The preview becomes this message in place. A terminal that never saw the preview acks `known: false`. */
  | { readonly t: 'finish'; readonly ack: number; readonly ref: string; readonly body: TerminalBody }
  | { readonly t: 'discard'; readonly ref: string }
  /** Something is being worked on, or no longer. */
  | { readonly t: 'activity'; readonly on: boolean }
  /** What became of an input or action, by its id. */
  | {
      readonly t: 'result';
      readonly id: string;
      readonly verdict: 'accepted' | 'duplicate' | 'refused' | 'failed';
      readonly detail?: string;
      readonly card?: Card;
    };

/** A file of the person, read by the daemon from this machine's disk. */
export interface TerminalFile {
  /** Absolute path. */
  readonly path: string;
  readonly name: string;
  readonly mime: string;
  readonly size: number;
}

/** Terminal → daemon. Ids are UUIDs made by the terminal and are the dedupe keys. */
export type ClientFrame =
  | {
      readonly t: 'input';
      readonly id: string;
      readonly text: string;
      readonly at: number;
      readonly files?: readonly TerminalFile[];
    }
  /** A button was chosen; `data` is its payload unchanged, `ref` the message that carries it. */
  | {
      readonly t: 'action';
      readonly id: string;
      readonly data: string;
      readonly ref: string;
      readonly at: number;
      readonly form?: Readonly<Record<string, string | readonly string[]>>;
    }
  | { readonly t: 'stop'; readonly id: string; readonly at: number }
  | { readonly t: 'ack'; readonly ack: number; readonly known: boolean };

/** One attached terminal, as the adapter sees it. */
export interface TerminalClient {
  /** Queues a frame; never throws. Frames after the connection has ended are dropped. */
  send(frame: ServerFrame): void;
}

/** The adapter's end of an attachment: the connection calls these. */
export interface TerminalAttachment {
  /** One frame from the terminal, already checked (see `parseClientFrame`). */
  frame(frame: ClientFrame): void;
  /** The connection has ended. */
  closed(): void;
}
