import { mkdir, readFile, rename, symlink, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { AgentProvider } from '../../core/agent.ts';
import { safeName } from '../../kit/safe-name.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** What a person keeps in `~/.gemini` for all conversations; linked into a home of our own. */
const SHARED = ['GEMINI.md', 'commands', 'extensions', 'skills', 'agents', 'policies'];

/** The folder of settings, login and conversations that the CLI uses with this environment. */
export function geminiFolder(env: Environment): string {
  return join(env.GEMINI_CLI_HOME || env.HOME || homedir(), '.gemini');
}

/** The home of a provider that brings a key or an address; undefined when the person's own one serves. */
export function providerHome(cacheDir: string, provider: AgentProvider | undefined): string | undefined {
  if (provider?.apiKey === undefined && provider?.baseUrl === undefined) return undefined;
  return join(cacheDir, 'gemini', safeName(provider.name));
}

/**
 * Makes a home of our own: how the CLI logs in is a setting of a file, and the person's file is never written. It
 * holds their settings with the login by key, and links to what else they keep.
 */
export async function prepareHome(home: string, env: Environment): Promise<void> {
  const own = join(home, '.gemini');
  const theirs = geminiFolder(env);
  await mkdir(own, { recursive: true, mode: 0o700 });
  const settings = await readSettings(join(theirs, 'settings.json'));
  const security = object(settings.security);
  const auth = { ...object(security.auth), selectedType: 'gemini-api-key' };
  const text = `${JSON.stringify({ ...settings, security: { ...security, auth } }, null, 2)}\n`;
  const draft = join(own, `settings.${process.pid}.draft`);
  await writeFile(draft, text, { mode: 0o600 });
  await rename(draft, join(own, 'settings.json'));
  for (const name of SHARED) await link(join(theirs, name), join(own, name));
}

/** An own file of that name stays; a link may point to what is not there yet. */
async function link(target: string, path: string): Promise<void> {
  await symlink(target, path, 'junction').catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST' && error.code !== 'EPERM') throw error;
  });
}

/** Their settings; none when the file is missing or, as it may hold comments, cannot be read as JSON. */
async function readSettings(path: string): Promise<Readonly<Record<string, unknown>>> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '{}';
    throw error;
  });
  try {
    return object(JSON.parse(text));
  } catch {
    return {};
  }
}

function object(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, unknown>>)
    : {};
}
