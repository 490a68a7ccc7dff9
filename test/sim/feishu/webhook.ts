/** Events pushed by HTTP, sealed and signed as the service does it. */
import { createCipheriv, createHash, randomBytes } from 'node:crypto';

export function seal(payload: object | string, key: string): string {
  const iv = randomBytes(16);
  const cipher = createCipheriv('aes-256-cbc', createHash('sha256').update(key).digest(), iv);
  const text = typeof payload === 'string' ? payload : JSON.stringify(payload);
  return Buffer.concat([iv, cipher.update(text, 'utf8'), cipher.final()]).toString('base64');
}

export interface PushOptions {
  /** Signs with another key. */
  readonly signKey?: string;
  readonly unsigned?: boolean;
}

/** Pushes one payload; resolves with status and parsed body. */
export async function push(
  url: string,
  key: string,
  payload: object | string,
  options: PushOptions = {},
): Promise<{ status: number; body: Record<string, unknown> }> {
  const body = JSON.stringify({ encrypt: seal(payload, key) });
  const timestamp = String(Math.floor(Date.now() / 1000));
  const nonce = randomBytes(4).toString('hex');
  const signature = createHash('sha256')
    .update(`${timestamp}${nonce}${options.signKey ?? key}${body}`)
    .digest('hex');
  const signed = {
    'x-lark-request-timestamp': timestamp,
    'x-lark-request-nonce': nonce,
    'x-lark-signature': signature,
  };
  const headers = { 'content-type': 'application/json', ...(options.unsigned ? {} : signed) };
  const response = await fetch(url, { method: 'POST', headers, body });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}
