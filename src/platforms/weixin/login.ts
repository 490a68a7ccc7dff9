import { setTimeout as sleep } from 'node:timers/promises';
import { AppError, kindOf } from '../../core/errors.ts';
import { checkEndpoint } from '../../kit/endpoint.ts';
import type { ProxySettings } from '../../kit/proxy.ts';
import { appHeaders, readAnswer } from './api.ts';
import { refusal } from './errors.ts';
import { HttpLine } from './http-line.ts';
import { PUBLIC_API } from './options.ts';
import type { Envelope } from './wire.ts';

/** What a person scans with Weixin. */
export interface QrCode {
  /** Asks for its state. */
  readonly id: string;
  /** What to draw as a QR code: an address. */
  readonly content: string;
}

/** What a confirmed scan gives: the options of the platform. */
export interface Login {
  readonly token: string;
  /** `…@im.bot` */
  readonly botId: string;
  /** Where this bot's calls go. */
  readonly baseUrl: string;
  /** The person who scanned, for `allow_from`. */
  readonly userId: string;
}

export type ScanState =
  | { readonly kind: 'wait' | 'scanned' | 'expired' }
  /** The phone shows a number that has to be typed here; said again when it was wrong. */
  | { readonly kind: 'number' }
  /** Too many wrong numbers: only another code helps. */
  | { readonly kind: 'blocked' }
  /** The code has to be asked for at another address from now on. */
  | { readonly kind: 'moved'; readonly baseUrl: string }
  | { readonly kind: 'confirmed'; readonly login: Login };

export interface LoginPlace {
  /** @default the public address */
  readonly baseUrl?: string;
  readonly routeTag?: string;
  readonly proxy?: ProxySettings;
  /** @default "3" */
  readonly botType?: string;
}

export interface LoginHooks {
  /** Show this code now; one shown before is void. */
  show(code: QrCode): void | Promise<void>;
  /** The person has scanned and has to confirm on the phone. */
  scanned?(): void;
  /** Asks for the number that the phone shows; `again`: the last one was wrong. Without it such a login ends. */
  number?(again: boolean): Promise<string>;
  /** The service's word, for `--debug`. */
  debug?(state: string): void;
}

/** Milliseconds. A code is good for about two minutes; it is replaced before that. */
export const loginTiming = { refreshMs: 80_000, pauseMs: 1000, callMs: 40_000 };
const REFRESHES = 3;
const BOT_TYPE = '3';

/** Asks for the code and its state. Each call is one request; nothing is kept. */
export class LoginClient {
  readonly #line: HttpLine;
  readonly #routeTag: string | undefined;
  readonly #botType: string;
  readonly #callMs: number;
  #baseUrl: string;

  constructor(place: LoginPlace, callMs = loginTiming.callMs) {
    this.#baseUrl = checkEndpoint(place.baseUrl ?? PUBLIC_API);
    this.#routeTag = place.routeTag;
    this.#botType = place.botType ?? BOT_TYPE;
    this.#callMs = callMs;
    this.#line = new HttpLine(place.proxy);
  }

  async code(signal: AbortSignal): Promise<QrCode> {
    const answer = await this.#get(`get_bot_qrcode?bot_type=${encodeURIComponent(this.#botType)}`, signal);
    const { qrcode, qrcode_img_content: content } = answer;
    if (typeof qrcode !== 'string' || typeof content !== 'string' || qrcode === '' || content === '')
      throw broken('Weixin gave no QR code');
    return { id: qrcode, content };
  }

  /** `number`: what the person typed after a state `number`. */
  async state(code: QrCode, signal: AbortSignal, number?: string): Promise<ScanState> {
    const typed = number === undefined ? '' : `&verify_code=${encodeURIComponent(number)}`;
    const answer = await this.#get(`get_qrcode_status?qrcode=${encodeURIComponent(code.id)}${typed}`, signal);
    switch (answer.status) {
      case 'wait':
        return { kind: 'wait' };
      case 'scaned':
        return { kind: 'scanned' };
      case 'expired':
        return { kind: 'expired' };
      case 'need_verifycode':
        return { kind: 'number' };
      case 'verify_code_blocked':
        return { kind: 'blocked' };
      case 'binded_redirect':
        throw new AppError('weixin_bound', 'this Weixin account has a bot here already', {
          kind: 'conflict',
          advice:
            'use the token it has ("cc-connect weixin bind"), or remove the bot in Weixin and scan again',
        });
      case 'scaned_but_redirect':
        return { kind: 'moved', baseUrl: otherHost(answer.redirect_host) };
      case 'confirmed':
        return { kind: 'confirmed', login: this.#confirmed(answer) };
      default:
        throw broken(`Weixin answers the scan with "${String(answer.status).slice(0, 40)}"`);
    }
  }

  /** Ask there from now on. */
  moveTo(baseUrl: string): void {
    this.#baseUrl = baseUrl;
  }

  close(): Promise<void> {
    return this.#line.close();
  }

  #confirmed(answer: Answer): Login {
    const { bot_token: token, ilink_bot_id: botId, baseurl, ilink_user_id: userId } = answer;
    if (typeof token !== 'string' || token === '') throw broken('Weixin confirmed without a token');
    return {
      token,
      botId: typeof botId === 'string' ? botId : '',
      baseUrl: typeof baseurl === 'string' && baseurl !== '' ? checkEndpoint(baseurl) : this.#baseUrl,
      userId: typeof userId === 'string' ? userId : '',
    };
  }

  async #get(path: string, signal: AbortSignal): Promise<Answer> {
    const op = path.split('?')[0] ?? path;
    const answer = await this.#line.fetch(
      {
        op,
        method: 'GET',
        url: `${this.#baseUrl}/ilink/bot/${path}`,
        headers: { ...appHeaders, ...(this.#routeTag ? { SKRouteTag: this.#routeTag } : {}) },
        timeoutMs: this.#callMs,
      },
      signal,
    );
    const parsed = readAnswer(op, answer) as Answer;
    const refused = refusal(op, parsed);
    if (refused) throw refused;
    return parsed;
  }
}

type Answer = Envelope & Readonly<Record<string, unknown>>;

/**
 * The whole way: shows a code, waits for the scan, replaces codes that run out, three times at most. Rejects with
 * `weixin_not_scanned` when nobody scanned.
 */
export async function logIn(
  place: LoginPlace,
  hooks: LoginHooks,
  signal: AbortSignal,
  timing = loginTiming,
): Promise<Login> {
  const client = new LoginClient(place, timing.callMs);
  try {
    for (let shown = 0; shown <= REFRESHES; shown++) {
      const code = await client.code(signal);
      await hooks.show(code);
      const login = await watch(client, code, hooks, signal, timing);
      if (login) return login;
    }
  } finally {
    await client.close();
  }
  throw notScanned();
}

export function notScanned(): AppError {
  return new AppError('weixin_not_scanned', 'the QR code was not scanned in time', {
    kind: 'permission',
    advice: 'start again and scan the code with Weixin within a minute or two',
  });
}

/** Undefined when the code has run out. */
async function watch(
  client: LoginClient,
  code: QrCode,
  hooks: LoginHooks,
  signal: AbortSignal,
  timing: typeof loginTiming,
): Promise<Login | undefined> {
  const end = performance.now() + timing.refreshMs;
  let scanned = false;
  let number: string | undefined;
  // A code that was scanned is not taken away from the person who is about to confirm it.
  while (scanned || performance.now() < end) {
    const state = await stateOrWait(client, code, signal, number);
    hooks.debug?.(state.kind);
    if (state.kind === 'confirmed') return state.login;
    if (state.kind === 'expired' || state.kind === 'blocked') return undefined;
    if (state.kind === 'moved') client.moveTo(state.baseUrl);
    if (state.kind === 'scanned') number = undefined;
    if (state.kind !== 'wait' && !scanned) {
      scanned = true;
      hooks.scanned?.();
    }
    if (state.kind === 'number') number = await typedNumber(hooks, number !== undefined);
    else await sleep(timing.pauseMs, undefined, { signal });
  }
  return undefined;
}

async function typedNumber(hooks: LoginHooks, again: boolean): Promise<string> {
  if (!hooks.number)
    throw new AppError('weixin_number', 'the phone shows a number that has to be typed here', {
      kind: 'validation',
      advice: 'run the set-up on a terminal',
    });
  return hooks.number(again);
}

/** A poll that found nobody there tells nothing about the code. */
async function stateOrWait(
  client: LoginClient,
  code: QrCode,
  signal: AbortSignal,
  number: string | undefined,
): Promise<ScanState> {
  try {
    return await client.state(code, signal, number);
  } catch (error) {
    signal.throwIfAborted();
    if (!['network', 'ambiguous', 'unavailable', 'rate_limit'].includes(kindOf(error))) throw error;
    return { kind: 'wait' };
  }
}

/** The token is handed out there, so it must be one of Weixin's own. */
function otherHost(host: unknown): string {
  if (typeof host !== 'string' || !/^[\w-]+(\.[\w-]+)*\.(weixin\.qq\.com|wechat\.com)$/i.test(host))
    throw broken('Weixin sends the scan to a strange address');
  return `https://${host}`;
}

function broken(message: string): AppError {
  return new AppError('weixin_login', message, { kind: 'permanent' });
}
