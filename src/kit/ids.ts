import { createHash, randomBytes, randomFillSync } from 'node:crypto';

/** Crockford's base 32: no I, L, O, U, so codes survive being read aloud and typed. */
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

let lastTime = 0;
let lastRandom: number[] = [];

/** Random bytes in store: asking the system for a few takes as long as asking for all of these. */
const pool = Buffer.alloc(4096);
let taken = pool.length;

/**
 * A ULID: 26 characters that sort by creation, 48 bits of time (`now` in
 * milliseconds) and 80 random bits. Ids of one process always ascend, also
 * within a millisecond and when the clock steps back.
 */
export function sortableId(now: number = Date.now()): string {
  if (now > lastTime) {
    lastTime = now;
    lastRandom = Array.from(pooled(16), (byte) => byte & 31);
    lastRandom[0] = (lastRandom[0] ?? 0) & 15; // room to count up within the millisecond
  } else {
    increment(lastRandom);
  }
  let time = '';
  for (let rest = lastTime, digit = 0; digit < 10; digit++) {
    time = ALPHABET.charAt(rest % 32) + time;
    rest = Math.floor(rest / 32);
  }
  return time + lastRandom.map((digit) => ALPHABET.charAt(digit)).join('');
}

/** A random code for people to type, 5 bits per character. */
export function humanCode(length = 8): string {
  return Array.from(randomBytes(length), (byte) => ALPHABET.charAt(byte & 31)).join('');
}

/** What a person typed as a {@link humanCode}: case, spaces, dashes and look-alike letters are forgiven. */
export function normalizeCode(typed: string): string {
  return typed.toUpperCase().replace(/[\s-]/g, '').replace(/O/g, '0').replace(/[IL]/g, '1');
}

/** A short random id in lower case, for places with few bytes (10 characters are 50 bits). */
export function shortId(length = 10): string {
  return humanCode(length).toLowerCase();
}

/** Namespace of the UUIDs this program derives. */
const NAMESPACE = '6f1b3a52-9f0e-4d0b-8e53-0c1d6a7c2b11';

/** The version 5 UUID (RFC 9562) of a name: always the same for the same name and namespace. */
export function uuidV5(name: string, namespace: string = NAMESPACE): string {
  const hash = createHash('sha1')
    .update(Buffer.from(namespace.replaceAll('-', ''), 'hex'))
    .update(name)
    .digest();
  hash[6] = ((hash[6] ?? 0) & 0x0f) | 0x50;
  hash[8] = ((hash[8] ?? 0) & 0x3f) | 0x80;
  const hex = hash.toString('hex', 0, 16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/** Bytes nobody else is given; to be read before the next call. */
function pooled(length: number): Uint8Array {
  if (taken + length > pool.length) {
    randomFillSync(pool);
    taken = 0;
  }
  taken += length;
  return pool.subarray(taken - length, taken);
}

function increment(digits: number[]): void {
  for (let at = digits.length - 1; at >= 0; at--) {
    const digit = digits[at] ?? 0;
    if (digit < 31) {
      digits[at] = digit + 1;
      return;
    }
    digits[at] = 0;
  }
}
