const HIDDEN = '***';

/** Shorter secrets would blank ordinary words. */
const MIN_SECRET = 6;
const MAX_DEPTH = 8;

const SECRET_KEY =
  /^(?:.*[_-])?(?:app_?secret|client_?secret|secret|token|password|passwd|api_?key|authorization|cookie|encrypt_?key|signing_?key|private_?key)$/i;

const PATTERNS: readonly [RegExp, string][] = [
  [/\d{6,12}:[\w-]{35}(?![\w-])/g, HIDDEN],
  [/\b(Bearer|Basic)\s+[\w.~+/=-]{8,}/gi, `$1 ${HIDDEN}`],
  [/\b(?:sk|pk|rk)-[\w-]{16,}/g, HIDDEN],
  [/\bxox[a-z]-[\w-]{8,}/g, HIDDEN],
  [/\bxapp-[\w-]{8,}/g, HIDDEN],
  [/\bgh[pousr]_\w{16,}|\bgithub_pat_\w{16,}|\bglpat-[\w-]{16,}/g, HIDDEN],
  [/\bAKIA[A-Z0-9]{12,}|\bAIza[\w-]{30,}/g, HIDDEN],
  [/\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*/g, HIDDEN],
  [/\b[tu]-[A-Za-z0-9_-]{24,}/g, HIDDEN], // Feishu tenant and user access tokens
  [/(:\/\/)[^\s/@:]*:[^\s/@]+@/g, `$1${HIDDEN}@`],
  [
    /((?:app_?secret|client_?secret|access_token|refresh_token|api_?key|access_key|ticket|password|passwd|secret|token)\\?["']?\s*[=:]\s*\\?["']?)[^\s"'&,;}\\]{6,}/gi,
    `$1${HIDDEN}`,
  ],
];

/** Hides secrets in what goes to logs, errors and chats: those it was told, and what looks like one. */
export class Redactor {
  #known: RegExp | undefined;
  readonly #secrets = new Set<string>();

  constructor(secrets: Iterable<string> = []) {
    this.add(secrets);
  }

  /** Learns further secrets, for example after a config reload; none is forgotten. */
  add(secrets: Iterable<string>): void {
    for (const secret of secrets) {
      if (secret.length < MIN_SECRET) continue;
      for (const form of [secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1)])
        this.#secrets.add(form);
    }
    const forms = [...this.#secrets].sort((a, b) => b.length - a.length);
    this.#known = forms.length === 0 ? undefined : new RegExp(forms.map(literal).join('|'), 'g');
  }

  /** The text without its secrets. */
  text(text: string): string {
    let clean = this.#known === undefined ? text : text.replace(this.#known, HIDDEN);
    for (const [pattern, replacement] of PATTERNS) clean = clean.replace(pattern, replacement);
    return clean;
  }

  /** A plain copy of any value for a log: strings cleaned, secret-looking keys hidden, errors and cycles spelt out. */
  value(value: unknown): unknown {
    return this.#copy(value, 0, []);
  }

  #copy(value: unknown, depth: number, above: readonly object[]): unknown {
    if (typeof value === 'string') return this.text(value);
    if (typeof value === 'function' || typeof value === 'symbol') return String(value);
    if (typeof value !== 'object' || value === null) return value;
    if (above.includes(value)) return '[circular]';
    if (depth >= MAX_DEPTH) return '[deep]';
    const inside = [...above, value];
    if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
    if (value instanceof Date) return value;
    if (value instanceof URL) return this.text(value.href);
    if (Array.isArray(value)) return value.map((item) => this.#copy(item, depth + 1, inside));
    if (value instanceof Map) return this.#copy(Object.fromEntries(value), depth + 1, inside);
    if (value instanceof Set) return this.#copy([...value], depth + 1, inside);
    return this.#fields(value, depth, inside);
  }

  #fields(value: object, depth: number, inside: readonly object[]): Record<string, unknown> {
    const copy: Record<string, unknown> = {};
    if (value instanceof Error) {
      copy.name = value.name;
      copy.message = this.text(value.message);
      if (value.stack !== undefined) copy.stack = this.text(value.stack);
      if (value.cause !== undefined) copy.cause = this.#copy(value.cause, depth + 1, inside);
    }
    for (const [key, field] of Object.entries(value)) {
      const hide =
        SECRET_KEY.test(key) && (typeof field === 'string' || typeof field === 'object') && field !== null;
      copy[key] = hide && field !== '' ? HIDDEN : this.#copy(field, depth + 1, inside);
    }
    return copy;
  }
}

function literal(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/-]/g, '\\$&');
}
