import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { AppError } from '../../core/errors.ts';
import { checkEndpoint } from '../../kit/endpoint.ts';
import { callbackNeeds, eventNeeds, scopeNeeds } from './needs.ts';

/** An app that a person has just made by scanning a code. */
export interface RegisteredApp {
  readonly appId: string;
  readonly appSecret: string;
  readonly brand: 'feishu' | 'lark';
  /** open_id of the person, for `allow_from`. */
  readonly owner: string | undefined;
}

export interface RegistrationHooks {
  /** Show this address as a QR code. `expiresInMs` from now. */
  show(code: { readonly address: string; readonly expiresInMs: number }): Promise<void>;
  /** One word per answer of the service, for `--debug`. */
  debug?(line: string): void;
}

export interface RegistrationPlace {
  /** Where accounts live. @default https://accounts.feishu.cn */
  readonly accounts?: string | undefined;
  /** The same for people of Lark. @default https://accounts.larksuite.com */
  readonly larkAccounts?: string | undefined;
}

/** Milliseconds. */
export const registrationTiming = { callMs: 20_000, slowerByMs: 5000, timeoutMs: 600_000 };

const path = '/oauth/v1/app/registration';
/** Failures in a row after which waiting on makes no sense. */
const mostFailures = 10;

type Answer = Readonly<Record<string, unknown>>;

/**
 * The device flow (RFC 8628) by which an app is made with one scan, as the platform's SDK 1.74.0 does it: the person
 * scans, chooses, confirms; meanwhile we ask. Rejects with `feishu_denied`, `feishu_not_scanned` or what else went wrong.
 */
export async function registerApp(
  place: RegistrationPlace,
  hooks: RegistrationHooks,
  signal: AbortSignal,
  timing = registrationTiming,
): Promise<RegisteredApp> {
  let accounts = checkEndpoint(place.accounts ?? 'https://accounts.feishu.cn');
  const larkAccounts = checkEndpoint(place.larkAccounts ?? 'https://accounts.larksuite.com');
  const begin = { action: 'begin', archetype: 'PersonalAgent', auth_method: 'client_secret' };
  const begun = await post(accounts, { ...begin, request_user_info: 'open_id' }, signal, timing.callMs);
  const device = text(begun.device_code);
  const address = text(begun.verification_uri_complete);
  if (!device || !address || !URL.canParse(address)) throw broken('it gave no code to scan');
  const expiresInMs = Math.min(seconds(begun.expires_in, 600), timing.timeoutMs);
  await hooks.show({ address: scanAddress(address), expiresInMs });
  const end = performance.now() + expiresInMs;
  let pauseMs = seconds(begun.interval, 5);
  let moved = false;
  let failures = 0;
  while (performance.now() < end) {
    await sleep(Math.min(pauseMs, Math.max(1, end - performance.now())), undefined, { signal });
    let answer: Answer;
    try {
      answer = await post(accounts, { action: 'poll', device_code: device }, signal, timing.callMs);
      failures = 0;
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof AppError) || error.kind !== 'network' || ++failures >= mostFailures) throw error;
      hooks.debug?.(`no answer (${error.message})`);
      continue;
    }
    const user = record(answer.user_info);
    hooks.debug?.(text(answer.error) || (answer.client_id ? 'confirmed' : 'waiting'));
    if (user.tenant_brand === 'lark' && !moved) {
      moved = true;
      accounts = larkAccounts;
      hooks.debug?.('a person of Lark: asking there from now on');
      pauseMs = 1;
      continue;
    }
    const [appId, appSecret] = [text(answer.client_id), text(answer.client_secret)];
    if (appId && appSecret)
      return { appId, appSecret, brand: moved ? 'lark' : 'feishu', owner: text(user.open_id) || undefined };
    pauseMs = nextPause(answer, seconds(begun.interval, 5), pauseMs, timing.slowerByMs);
  }
  throw notScanned();
}

/** How long to wait before asking again. Throws when the answer is the last one. */
function nextPause(answer: Answer, firstMs: number, pauseMs: number, slowerByMs: number): number {
  const word = text(answer.error);
  switch (word) {
    case '':
    case 'authorization_pending':
      return Math.max(pauseMs, firstMs);
    case 'slow_down':
      return Math.max(pauseMs, firstMs) + slowerByMs;
    case 'expired_token':
      throw notScanned();
    case 'access_denied':
      throw new AppError('feishu_denied', 'the request was declined on the phone', {
        kind: 'permission',
        advice: 'start again, or have an administrator scan: making apps may be reserved to them',
      });
    default:
      throw broken(
        `it answered "${word.slice(0, 60)}" ${text(answer.error_description).slice(0, 200)}`.trim(),
      );
  }
}

/** What the person opens: the page knows from it who asks and what the app needs beyond the page's own preset. */
function scanAddress(address: string): string {
  const url = new URL(address);
  const tenant = scopeNeeds.map(({ names }) => names[0] ?? '');
  const addons = {
    scopes: { tenant },
    events: { items: { tenant: [...eventNeeds] } },
    callbacks: { items: [...callbackNeeds] },
  };
  url.searchParams.set('from', 'sdk');
  url.searchParams.set('source', 'node-sdk/cc-connect');
  url.searchParams.set('tp', 'sdk');
  url.searchParams.set('addons', gzipSync(JSON.stringify(addons)).toString('base64url'));
  return url.href;
}

async function post(
  accounts: string,
  form: Readonly<Record<string, string>>,
  signal: AbortSignal,
  callMs: number,
): Promise<Answer> {
  const late = AbortSignal.timeout(callMs);
  let body: string;
  try {
    const response = await fetch(accounts + path, {
      method: 'POST',
      body: new URLSearchParams(form),
      redirect: 'error',
      signal: AbortSignal.any([signal, late]),
    });
    body = await response.text();
    if (response.status >= 500) throw unreachable(`status ${response.status}`);
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof AppError) throw error;
    const { code } = ((error as Error).cause ?? {}) as { code?: unknown };
    throw unreachable(late.aborted ? 'no answer in time' : String(code ?? 'no connection'));
  }
  try {
    // What is not granted yet comes with status 400 and a word in the body.
    return record(JSON.parse(body));
  } catch {
    throw broken('the answer is not JSON');
  }
}

function unreachable(why: string): AppError {
  return new AppError('feishu_unreachable', `the accounts service cannot be reached (${why})`, {
    kind: 'network',
    advice: 'check the network of this machine',
  });
}

function notScanned(): AppError {
  return new AppError('feishu_not_scanned', 'the code was not scanned and confirmed in time', {
    kind: 'permission',
    advice: 'start again and scan the code within ten minutes',
  });
}

function broken(what: string): AppError {
  return new AppError('feishu_registration', `the app could not be made: ${what}`, { kind: 'permanent' });
}

function seconds(value: unknown, otherwise: number): number {
  return (typeof value === 'number' && value > 0 ? value : otherwise) * 1000;
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function record(value: unknown): Answer {
  return typeof value === 'object' && value !== null ? (value as Answer) : {};
}
