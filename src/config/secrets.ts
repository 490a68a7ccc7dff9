/** Which values of a config are secret: for log redaction, and for what an agent's environment must not inherit. */
import type { KeyPath } from './keypath.ts';
import type { EnvUse } from './substitute.ts';
import { isTable } from './toml.ts';

const SECRET_KEY =
  /(token|secret|password|passwd|api_?key|access_?key|aes_?key|encrypt_?key|private_?key|authorization|credential|cookie|dsn|_sid)/i;
/** Names that match the pattern above and hold addresses, paths or numbers. */
const NOT_SECRET = /(_endpoint|_file|_path|_dir|_url|max_tokens|_tokens)$/i;
/** Shorter values would blot out ordinary words. */
const MIN_LENGTH = 6;

/** Whether the value at this path is a credential, judged by the name of its key. */
export function isSecretKey(path: KeyPath): boolean {
  const name = [...path].reverse().find((part) => typeof part === 'string');
  if (typeof name !== 'string') return false;
  if (name === 'uri') return path.includes('mongodb');
  return SECRET_KEY.test(name) && !NOT_SECRET.test(name);
}

/** Every secret value in a config (or any part of one), longest first, without duplicates. */
export function redactions(config: unknown): string[] {
  const found = new Set<string>();
  const walk = (value: unknown, path: KeyPath): void => {
    if (typeof value === 'string') collect(value, path, found);
    else if (Array.isArray(value)) for (const [at, item] of value.entries()) walk(item, [...path, at]);
    else if (isTable(value)) for (const [key, item] of Object.entries(value)) walk(item, [...path, key]);
  };
  walk(config, []);
  return [...found].sort((a, b) => b.length - a.length);
}

function collect(value: string, path: KeyPath, found: Set<string>): void {
  if (isSecretKey(path)) {
    if (value.length >= MIN_LENGTH) found.add(value);
    // "key:secret" and "Bearer secret" also occur without their first half.
    const tail = value.split(/[:\s]/).at(-1) ?? '';
    if (tail !== value && tail.length >= MIN_LENGTH) found.add(tail);
  }
  const password = /^[a-z][a-z0-9+.-]*:\/\/[^/@\s]*:([^/@\s]+)@/i.exec(value)?.[1];
  if (password !== undefined && password.length >= MIN_LENGTH) {
    found.add(password);
    if (/%[0-9a-f]{2}/i.test(password) && isDecodable(password)) found.add(decodeURIComponent(password));
  }
}

function isDecodable(text: string): boolean {
  return !/%(?![0-9a-f]{2})/i.test(text) && !/%[89a-f][0-9a-f]/i.test(text);
}

/** Variables every program needs; using them in a path must not take them from the agent. */
const ORDINARY = new Set([
  'HOME',
  'PATH',
  'USER',
  'LOGNAME',
  'SHELL',
  'TMPDIR',
  'TEMP',
  'TMP',
  'LANG',
  'PWD',
  'HOSTNAME',
  'USERPROFILE',
  'APPDATA',
  'LOCALAPPDATA',
  'USERNAME',
  'SYSTEMROOT',
  'XDG_CONFIG_HOME',
  'XDG_DATA_HOME',
]);
const SERVER_SECTIONS = new Set(['webhook', 'bridge', 'management', 'hooks', 'audit']);

/**
 * Names of the variables that hold our own credentials: those used in a platform's options or in a secret of a server.
 * Variables used for an agent or a model provider are not among them, because that agent needs them.
 */
export function usedSecrets(uses: readonly EnvUse[]): string[] {
  const names = uses.filter(({ name, path }) => !ORDINARY.has(name) && isOurs(path)).map(({ name }) => name);
  return [...new Set(names)].sort();
}

function isOurs(path: KeyPath): boolean {
  if (typeof path[0] === 'string' && SERVER_SECTIONS.has(path[0])) return true;
  return path[0] === 'projects' && path[2] === 'platforms';
}
