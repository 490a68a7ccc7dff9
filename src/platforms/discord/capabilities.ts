import type { PlatformCapabilities } from '../../core/capabilities.ts';
import type { DiscordOptions } from './options.ts';

const MIB = 1024 * 1024;

/** Discord's numbers. */
export function capabilitiesOf(options: DiscordOptions): PlatformCapabilities {
  return {
    // "the past few minutes", says the documentation.
    delivery: { kind: 'keyed', windowMs: 120_000 },
    buttons: true,
    cards: true,
    forms: true,
    editNotifies: false,
    previewPace: { directMs: 1_100, groupMs: 1_500 },
    previewMaxChars: 1_900,
    ...(options.longAnswerMessages > 0
      ? { longText: { afterParts: options.longAnswerMessages, extension: '.md' } }
      : {}),
    maxUploadBytes: { image: options.maxUploadBytes, file: options.maxUploadBytes },
    maxDownloadBytes: 500 * MIB,
    formattingHint:
      'The chat is Discord. Its Markdown has headings up to ###, lists, quotes and fenced code; tables show as monospaced text: keep them narrow and few.',
  };
}
