import type { Card } from './card.ts';
import type { JsonObject } from './json.ts';

/** A file on this machine to be sent. */
export interface LocalFile {
  readonly kind: 'image' | 'file' | 'audio' | 'video';
  /** Absolute path. */
  readonly path: string;
  readonly name: string;
  readonly mime: string;
  /** Bytes. */
  readonly size: number;
}

/** What the engine wants said, before a platform renders it. */
export type Outgoing =
  /** An answer. `footer` is small print under its last part. `mentions` are user ids to notify; `*` = all. */
  | {
      readonly kind: 'text';
      readonly markdown: string;
      readonly footer?: string;
      readonly mentions?: readonly string[];
    }
  | { readonly kind: 'card'; readonly card: Card }
  | { readonly kind: 'file'; readonly file: LocalFile; readonly caption?: string };

/**
 * One platform message, rendered: what an outbox row holds. `body` is the adapter's own and plain JSON;
 * sending it needs nothing else but the address.
 */
export interface Part {
  readonly kind: 'text' | 'card' | 'file';
  readonly body: JsonObject;
  /** The words in it, for probes, logs of length, history and last-resort plain text. */
  readonly plain: string;
}
