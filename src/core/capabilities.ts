/** What a platform can do, as data the engine reads. Optional abilities are grouped objects, there or not. */
export interface PlatformCapabilities {
  /**
   * What a repeated send with the same key does.
   * keyed: the platform drops the repeat within `windowMs`. probe: `Platform.probe` can find out. blind: nobody knows.
   */
  readonly delivery:
    | { readonly kind: 'keyed'; readonly windowMs: number }
    | { readonly kind: 'probe' }
    | { readonly kind: 'blind' };
  readonly buttons: boolean;
  /** Real cards (title, colour, forms), as opposed to text with buttons. */
  readonly cards: boolean;
  /** Forms with free text and multiple choice inside cards. */
  readonly forms: boolean;
  /** An edited message raises no notification, so long turns end with a short ping. */
  readonly editNotifies: boolean;
  /** Pacing of previews, ms between updates of one message, by kind of chat. */
  readonly previewPace?: { readonly directMs: number; readonly groupMs: number };
  /** Longest preview text in characters before it is cut with an ellipsis. */
  readonly previewMaxChars?: number;
  /** The same in bytes of UTF-8, where messages are measured so. */
  readonly previewMaxBytes?: number;
  /** Send budget: when set, progress is suppressed, and rows are held when it is spent and then merged (`Platform.budget`). */
  readonly budget?: { readonly messages: number; readonly windowMs: number };
  /**
   * Texts that would need more messages than `afterParts` are rendered as their beginning and the whole as a document,
   * so that nobody has to scroll past dozens of messages.
   */
  readonly longText?: { readonly afterParts: number; readonly extension: string };
  readonly maxUploadBytes: { readonly image: number; readonly file: number };
  readonly maxDownloadBytes: number;
  /** Markdown advice added to the agent's system prompt; English. */
  readonly formattingHint?: string;
}
