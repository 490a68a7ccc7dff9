import { randomBytes } from 'node:crypto';
import { AppError } from '../../core/errors.ts';
import { version } from '../../kit/version.ts';
import { badStatus, refusal } from './errors.ts';
import type { HttpAnswer, HttpLine } from './http-line.ts';
import type { WeixinOptions } from './options.ts';
import type { Envelope } from './wire.ts';

export type Method = 'getupdates' | 'sendmessage' | 'getuploadurl' | 'getconfig' | 'sendtyping';

export interface CallOptions {
  readonly signal: AbortSignal;
  /** Milliseconds. */
  readonly timeoutMs: number;
  readonly sent?: () => void;
}

/** What identifies the kind of client to the service; the numbers are those of version 1.0.0 of its own. */
export const appHeaders = { 'iLink-App-Id': 'bot', 'iLink-App-ClientVersion': '65536' } as const;

/** Calls of the bot API. Status and codes are both checked; errors carry neither the token nor addresses. */
export class IlinkApi {
  readonly #line: HttpLine;
  readonly #options: Pick<WeixinOptions, 'token' | 'baseUrl' | 'routeTag'>;

  constructor(line: HttpLine, options: Pick<WeixinOptions, 'token' | 'baseUrl' | 'routeTag'>) {
    this.#line = line;
    this.#options = options;
  }

  async call<T extends Envelope>(method: Method, body: object, options: CallOptions): Promise<T> {
    const payload = JSON.stringify({ ...body, base_info: { channel_version: `cc-connect/${version}` } });
    const answer = await this.#line.fetch(
      {
        op: method,
        method: 'POST',
        url: `${this.#options.baseUrl}/ilink/bot/${method}`,
        headers: this.#headers(),
        body: Buffer.from(payload),
        timeoutMs: options.timeoutMs,
        ...(options.sent ? { sent: options.sent } : {}),
      },
      options.signal,
    );
    const envelope = readAnswer(method, answer);
    const refused = refusal(method, envelope);
    if (refused) throw refused;
    return envelope as T;
  }

  #headers(): Record<string, string> {
    return {
      ...appHeaders,
      'Content-Type': 'application/json',
      AuthorizationType: 'ilink_bot_token',
      Authorization: `Bearer ${this.#options.token}`,
      // A fresh random number for every call, written in decimal.
      'X-WECHAT-UIN': Buffer.from(String(randomBytes(4).readUInt32BE())).toString('base64'),
      ...(this.#options.routeTag ? { SKRouteTag: this.#options.routeTag } : {}),
    };
  }
}

/** The JSON of an answer. An empty one is a success. */
export function readAnswer(op: string, answer: HttpAnswer): Envelope {
  if (answer.status !== 200) throw badStatus(op, answer.status, answer.headers['retry-after']);
  if (answer.text.trim() === '') return {};
  const broken = () =>
    new AppError('weixin_answer', `${op}: the answer is not from the ilink API`, { kind: 'unavailable' });
  let parsed: unknown;
  try {
    parsed = JSON.parse(withSafeNumbers(answer.text));
  } catch {
    throw broken();
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) throw broken();
  return parsed as Envelope;
}

/** Message ids are 64 bits long, more than a number holds: they are read as texts. */
function withSafeNumbers(json: string): string {
  return json.replace(/(?<!\\)("(?:message_id|seq)"\s*:\s*)(\d{16,})(?=\s*[,}])/g, '$1"$2"');
}
