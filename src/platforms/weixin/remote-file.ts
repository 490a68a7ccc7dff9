import type { RemoteFile } from '../../core/inbound.ts';
import { type CdnMedia, itemType, type MessageItem } from './wire.ts';

/** The formats a voice message may have, by `encode_type`; Weixin itself records silk. */
const voiceFormats: Readonly<Record<number, { readonly ext: string; readonly mime: string }>> = {
  5: { ext: 'amr', mime: 'audio/amr' },
  7: { ext: 'mp3', mime: 'audio/mpeg' },
};
const silk = { ext: 'silk', mime: 'audio/silk' };

/** The file in an item, if it holds one. Throws `TypeError` for fields of a wrong type. */
export function remoteOf(item: MessageItem): RemoteFile | undefined {
  switch (item.type) {
    case itemType.image: {
      const { media, aeskey } = item.image_item ?? {};
      const remote = placeOf(media, aeskey);
      return remote && { kind: 'image', remote: { ...remote, image: true } };
    }
    case itemType.voice: {
      const { media, text, encode_type: encoding } = item.voice_item ?? {};
      const remote = placeOf(media);
      const transcript = textOf(text);
      const format = (typeof encoding === 'number' ? voiceFormats[encoding] : undefined) ?? silk;
      // Words without a recording are still a voice message.
      if (!remote && transcript === '') return undefined;
      return {
        kind: 'voice',
        remote: remote ?? {},
        name: `voice.${format.ext}`,
        mime: format.mime,
        ...(transcript === '' ? {} : { transcript }),
      };
    }
    case itemType.file: {
      const { media, file_name: name, len } = item.file_item ?? {};
      const remote = placeOf(media);
      const size = Number(len);
      return (
        remote && {
          kind: 'file',
          remote,
          name: textOf(name) || 'attachment.bin',
          ...(Number.isSafeInteger(size) && size > 0 ? { size } : {}),
        }
      );
    }
    case itemType.video: {
      const remote = placeOf(item.video_item?.media);
      return remote && { kind: 'video', remote, name: 'video.mp4', mime: 'video/mp4' };
    }
    default:
      return undefined;
  }
}

/** Where a file lies and the key to it, as hexadecimal digits. */
function placeOf(media: CdnMedia | undefined, hexKey?: string): Record<string, string> | undefined {
  if (typeof media !== 'object' || media === null) return undefined;
  const param = textOf(media.encrypt_query_param);
  const url = textOf(media.full_url);
  if (param === '' && url === '') return undefined;
  const key = readHexKey(textOf(hexKey)) ?? readKey(textOf(media.aes_key));
  return { ...(param ? { param } : {}), ...(url ? { url } : {}), ...(key ? { key } : {}) };
}

function readHexKey(hex: string): string | undefined {
  return /^[0-9a-f]{32}$/i.test(hex) ? hex.toLowerCase() : undefined;
}

/** A key is written as base64, of its bytes or of their hexadecimal digits. */
function readKey(base64: string): string | undefined {
  const bytes = Buffer.from(base64, 'base64');
  if (bytes.length === 16) return bytes.toString('hex');
  return bytes.length === 32 ? readHexKey(bytes.toString('latin1')) : undefined;
}

function textOf(value: unknown): string {
  if (value === undefined || value === null) return '';
  if (typeof value === 'string') return value.trim();
  throw new TypeError('a field of a file is no text');
}
