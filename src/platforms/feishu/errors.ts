import { AppError, type ErrorKind } from '../../core/errors.ts';

/**
 * What the service's answer codes mean for us. Codes are from the open platform's error lists of messages (23xxxx),
 * card entities (200xxx, 300xxx), files (234xxx), and the gateway (99991xxx).
 */
const kinds = new Map<number, ErrorKind>([
  ...codes('rate_limit', 99991400, 230020, 11232, 11233, 11247, 200400, 230049, 231012),
  ...codes('auth', 99991661, 99991663, 99991664, 99991665, 99991668, 99991671, 99991543, 10003, 10014, 514),
  ...codes('permission', 99991672, 99991679, 230002, 230006, 230013, 230017, 230018, 230027, 230028, 230035),
  ...codes('permission', 230022, 230029, 230038, 230053, 230071, 300311, 403, 232011, 232025, 41050),
  ...codes('not_found', 230011, 230003, 230034, 230050, 230110, 230111, 231003, 231010, 232006, 234003),
  ...codes('not_found', 200740, 200750, 300313, 234008, 234009),
  ...codes('validation', 230001, 230025, 230031, 230054, 230055, 230072, 230099, 11310, 9499, 99992402),
  ...codes('validation', 200610, 200621, 200860, 200861, 300317, 300309, 300301, 234001, 234006, 234007),
  ...codes('validation', 234010, 234011, 234042, 200741, 300315),
  ...codes('unavailable', 1000040343, 2200, 1500, 1, 55001, 99991500, 232009),
  ...codes('conflict', 1000040350),
]);

function codes(kind: ErrorKind, ...list: number[]): [number, ErrorKind][] {
  return list.map((code) => [code, kind]);
}

const advice: Partial<Record<ErrorKind, string>> = {
  auth: 'check app_id and app_secret against the developer console, and that the app is enabled',
  permission:
    'check the permissions and the availability of the app in the developer console, publish a version',
  conflict: 'too many programs are connected with this app; stop the others',
};

/** An answer of the service that says no. `code` is Feishu's own. */
export class FeishuRefusal extends AppError {
  readonly feishuCode: number;

  constructor(op: string, code: number, message: string, status: number, retryAfterMs?: number) {
    const kind = kinds.get(code) ?? kindOfStatus(status);
    super(`feishu_${kind}`, `${op} was refused: ${message || 'no reason given'} (code ${code})`, {
      kind,
      advice: advice[kind],
      retryAfterMs: kind === 'rate_limit' ? (retryAfterMs ?? 1000) : undefined,
    });
    this.feishuCode = code;
  }
}

/** What the HTTP status alone says; used for codes nobody has listed. */
export function kindOfStatus(status: number): ErrorKind {
  if (status === 429) return 'rate_limit';
  if (status === 401) return 'auth';
  if (status === 403) return 'permission';
  if (status === 404) return 'not_found';
  if (status >= 500) return 'unavailable';
  return 'permanent';
}

/** Failures from before a connection stood: nothing can have reached the service. */
const unreached = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENETDOWN',
  'CERT_HAS_EXPIRED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
]);

/**
 * A failure without an answer. Timeouts, resets and aborts after the request has left are ambiguous: the service may
 * have acted. With the `uuid` of sends a repeat within the hour settles it.
 */
export function transportError(op: string, error: unknown, aborted: boolean): AppError {
  const { code, syscall } = fields(error);
  const kind: ErrorKind =
    !aborted && (unreached.has(code) || syscall === 'connect' || syscall === 'getaddrinfo')
      ? 'network'
      : 'ambiguous';
  const what = aborted ? 'was aborted' : `got no answer (${code || 'connection failed'})`;
  // The cause is left out on purpose: HTTP errors carry the request with its credentials.
  return new AppError(`feishu_${kind}`, `${op} ${what}`, { kind });
}

function fields(error: unknown): { code: string; syscall: string } {
  if (typeof error !== 'object' || error === null) return { code: '', syscall: '' };
  const { code, syscall, cause } = error as { code?: unknown; syscall?: unknown; cause?: unknown };
  const inner =
    typeof cause === 'object' && cause !== null ? (cause as { syscall?: unknown }).syscall : undefined;
  return { code: String(code ?? ''), syscall: String(syscall ?? inner ?? '') };
}

/** Feishu's own code of an error, if it is an answer of the service. */
export function feishuCode(error: unknown): number | undefined {
  return error instanceof FeishuRefusal ? error.feishuCode : undefined;
}
