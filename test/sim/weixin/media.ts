import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';
import { bad, type Json } from './validate.ts';

interface Ticket {
  readonly key: string;
  readonly size: number;
  readonly md5: string;
  readonly encrypted: number;
  readonly fileKey: string;
}

/** The media server: what was announced is checked against what arrives. */
export class Media {
  /** Name the whole upload address instead of a parameter, as newer servers do. */
  fullUrl = false;
  readonly #tickets = new Map<string, Ticket>();
  readonly #files = new Map<string, Buffer>();
  #next = 0;

  /** Answers getuploadurl. */
  ticket(body: Json, cdnUrl: string): Json {
    const { filekey, media_type: type, rawsize, rawfilemd5, filesize, aeskey } = body;
    if (typeof filekey !== 'string' || !/^[0-9a-f]{32}$/.test(filekey)) return bad('filekey');
    if (![1, 2, 3].includes(Number(type))) bad('media_type');
    if (typeof aeskey !== 'string' || !/^[0-9a-f]{32}$/.test(aeskey)) return bad('aeskey');
    if (typeof rawfilemd5 !== 'string' || !/^[0-9a-f]{32}$/.test(rawfilemd5)) return bad('rawfilemd5');
    const size = Number(rawsize);
    if (!Number.isInteger(size) || size <= 0) bad('rawsize');
    if (filesize !== (Math.floor(size / 16) + 1) * 16) bad('filesize');
    if (body.no_need_thumb !== true) bad('no_need_thumb');
    const param = `up+/=${++this.#next}`;
    this.#tickets.set(param, {
      key: aeskey,
      size,
      md5: rawfilemd5,
      encrypted: Number(filesize),
      fileKey: filekey,
    });
    if (!this.fullUrl) return { upload_param: param };
    return {
      upload_full_url: `${cdnUrl}/upload?encrypted_query_param=${encodeURIComponent(param)}&filekey=${filekey}`,
    };
  }

  /** Takes an upload; returns what to ask for it by, or what is wrong. */
  put(query: URLSearchParams, bytes: Buffer): { readonly param: string } | { readonly error: string } {
    const ticket = this.#tickets.get(query.get('encrypted_query_param') ?? '');
    if (!ticket || query.get('filekey') !== ticket.fileKey) return { error: 'unknown upload' };
    if (bytes.length !== ticket.encrypted) return { error: `expected ${ticket.encrypted} bytes` };
    const plain = decrypt(bytes, Buffer.from(ticket.key, 'hex'));
    if (plain.length !== ticket.size) return { error: 'wrong size inside' };
    if (createHash('md5').update(plain).digest('hex') !== ticket.md5) return { error: 'wrong md5' };
    return { param: this.store(bytes) };
  }

  get(param: string): Buffer | undefined {
    return this.#files.get(param);
  }

  store(bytes: Buffer): string {
    const param = `file+/=${++this.#next}`;
    this.#files.set(param, bytes);
    return param;
  }

  /** A file of a person, as it lies on the server, and its key. */
  encryptAndStore(bytes: Buffer): { readonly param: string; readonly key: Buffer } {
    const key = randomBytes(16);
    const cipher = createCipheriv('aes-128-ecb', key, null);
    return { param: this.store(Buffer.concat([cipher.update(bytes), cipher.final()])), key };
  }

  /** The bytes a person sees who gets this item. */
  open(media: Json): Buffer {
    const bytes = this.#files.get(String(media.encrypt_query_param));
    if (!bytes) return bad('media');
    if (media.encrypt_type !== 1) bad('encrypt_type');
    const hex = Buffer.from(String(media.aes_key), 'base64').toString();
    if (!/^[0-9a-f]{32}$/.test(hex)) bad('aes_key');
    return decrypt(bytes, Buffer.from(hex, 'hex'));
  }
}

function decrypt(bytes: Buffer, key: Buffer): Buffer {
  const decipher = createDecipheriv('aes-128-ecb', key, null);
  return Buffer.concat([decipher.update(bytes), decipher.final()]);
}
