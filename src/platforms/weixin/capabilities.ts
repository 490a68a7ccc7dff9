import type { PlatformCapabilities } from '../../core/capabilities.ts';
import type { WeixinOptions } from './options.ts';
import { UPLOAD_BYTES } from './upload.ts';

/** Weixin's numbers. It offers neither edits nor buttons, and never says whether a lost send arrived. */
export function capabilitiesOf(options: WeixinOptions): PlatformCapabilities {
  return {
    delivery: { kind: 'blind' },
    buttons: false,
    cards: false,
    forms: false,
    editNotifies: false,
    budget: {
      messages: options.burstLimit > 0 ? options.burstLimit : Number.MAX_SAFE_INTEGER,
      windowMs: options.burstWindowMs,
    },
    maxUploadBytes: { image: UPLOAD_BYTES, file: UPLOAD_BYTES },
    maxDownloadBytes: 100 * 1024 * 1024,
    formattingHint:
      'The chat is Weixin and shows plain text only. Answer in short paragraphs and simple lists, without tables, and say everything in one message.',
  };
}
