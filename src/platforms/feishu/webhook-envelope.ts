import { createDecipheriv, createHash, timingSafeEqual } from 'node:crypto';
import { parseRecord, type Wire, word } from './wire.ts';

/** What a pushed request turned out to be. */
export type Envelope =
  | { readonly kind: 'event'; readonly event: Wire }
  /** The console asks whether the address is ours. */
  | { readonly kind: 'challenge'; readonly challenge: string }
  | { readonly kind: 'refused'; readonly why: string };

export interface EnvelopeKeys {
  readonly encryptKey: string;
  readonly verificationToken: string | undefined;
}

/** Checks and opens the body of a pushed request. Pure; never throws. */
export function openEnvelope(
  body: string,
  headers: Readonly<Record<string, string | string[] | undefined>>,
  keys: EnvelopeKeys,
): Envelope {
  const outer = parseRecord(body);
  const sealed = word(outer.encrypt);
  if (sealed === undefined) return { kind: 'refused', why: 'the body is not encrypted' };
  const plain = decrypt(sealed, keys.encryptKey);
  if (plain === undefined)
    return { kind: 'refused', why: 'the body cannot be decrypted: encrypt_key differs' };
  const inner = parseRecord(plain);
  const token = word(inner.token) ?? word(parseRecord(inner.header).token);
  if (keys.verificationToken !== undefined && token !== keys.verificationToken)
    return { kind: 'refused', why: 'the verification token differs' };
  // The question for the address comes without a signature; that it could be decrypted is the proof.
  if (inner.type === 'url_verification') return { kind: 'challenge', challenge: word(inner.challenge) ?? '' };
  const signed = `${head(headers, 'x-lark-request-timestamp')}${head(headers, 'x-lark-request-nonce')}${keys.encryptKey}${body}`;
  const expected = createHash('sha256').update(signed).digest();
  const given = Buffer.from(head(headers, 'x-lark-signature'), 'hex');
  if (given.length !== expected.length || !timingSafeEqual(given, expected))
    return { kind: 'refused', why: 'the signature is wrong' };
  return { kind: 'event', event: inner };
}

const head = (headers: Readonly<Record<string, string | string[] | undefined>>, name: string): string =>
  String(headers[name] ?? '');

/** AES-256-CBC, key = SHA-256 of the configured one, the first 16 bytes are the initialisation vector. */
function decrypt(sealed: string, key: string): string | undefined {
  const bytes = Buffer.from(sealed, 'base64');
  if (bytes.length < 32) return undefined;
  const decipher = createDecipheriv(
    'aes-256-cbc',
    createHash('sha256').update(key).digest(),
    bytes.subarray(0, 16),
  );
  try {
    return Buffer.concat([decipher.update(bytes.subarray(16)), decipher.final()]).toString('utf8');
  } catch {
    return undefined;
  }
}
