import type { PlatformCapabilities } from '../../core/capabilities.ts';
import type { TelegramOptions } from './options.ts';

const MB = 1024 * 1024;

/** Telegram's numbers; a Bot API server of one's own moves the file limits. */
export function capabilitiesOf(options: TelegramOptions): PlatformCapabilities {
  const upload = options.selfHosted ? 2000 * MB : 50 * MB;
  return {
    delivery: { kind: 'probe' },
    buttons: true,
    cards: false,
    forms: false,
    editNotifies: false,
    previewPace: { directMs: 1000, groupMs: 3000 },
    previewMaxChars: 3800,
    maxUploadBytes: { image: upload, file: upload },
    maxDownloadBytes: options.selfHosted ? 2000 * MB : 20 * MB,
    formattingHint:
      'The chat is Telegram. Headings show as bold lines and tables as monospaced text: keep tables narrow and few.',
  };
}
