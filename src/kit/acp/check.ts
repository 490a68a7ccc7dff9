import { AppError, describeError } from '../../core/errors.ts';
import type { Finding } from '../../core/platform.ts';
import type { AcpAgentConfig, Brief } from './agent.ts';

type Briefly = <T>(use: (brief: Brief, signal: AbortSignal) => Promise<T>) => Promise<T>;

/** Findings on program, version and login, by greeting the agent once. */
export async function checkAgent(config: AcpAgentConfig, briefly: Briefly): Promise<readonly Finding[]> {
  try {
    return await briefly(async (brief, signal) => {
      const version = versionFinding(config, brief);
      const login = await loginFinding(config, brief, signal);
      return login === undefined ? [version] : [version, login];
    });
  } catch (error) {
    return [failure(config, error)];
  }
}

function versionFinding(config: AcpAgentConfig, { handshake }: Brief): Finding {
  const { name, version } = handshake.facts;
  const { preset } = config;
  const what = [name ?? config.label, version].filter(Boolean).join(' ');
  if (preset?.oldest !== undefined && version !== undefined && isOlder(version, preset.oldest)) {
    return {
      level: 'warning',
      what: `${what} is older than ${preset.oldest}, the oldest version known to work`,
      fix: `Update it: ${preset.install}`,
    };
  }
  return { level: 'ok', what: `${what} answers over ACP` };
}

/**
 * Whether a conversation could begin. Only asked where the answer leaves nothing behind: the agent can delete or
 * close a conversation, and is known to save none that is empty.
 */
async function loginFinding(
  { preset, label }: AcpAgentConfig,
  { handshake, connection, session }: Brief,
  signal: AbortSignal,
): Promise<Finding | undefined> {
  const { facts } = handshake;
  if (preset?.emptyTrace !== false || facts.logins.length === 0) return undefined;
  try {
    const { sessionId } = await handshake.create({ workDir: session.workDir }, signal);
    const end = facts.remove ? 'session/delete' : facts.close ? 'session/close' : undefined;
    // It ends with its process anyway.
    if (end !== undefined) await connection.request(end, { sessionId }, signal).catch(() => undefined);
    return { level: 'ok', what: `${label} is logged in` };
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'agent.auth') throw error;
    return { level: 'error', what: `${label} is not logged in`, fix: error.advice };
  }
}

function failure({ preset, label }: AcpAgentConfig, error: unknown): Finding {
  if (!(error instanceof AppError)) return { level: 'error', what: `${label}: ${describeError(error)}` };
  const missing = error.code === 'process.not_found' && preset !== undefined;
  const fix = missing ? `Install it (${preset.install}), or set command to its full path.` : error.advice;
  return { level: 'error', what: `${label}: ${error.message}`, ...(fix === undefined ? {} : { fix }) };
}

/** Compares the first three numbers; texts without them are never older. */
export function isOlder(version: string, oldest: string): boolean {
  const [is, least] = [version, oldest].map((text) => /(\d+)\.(\d+)\.(\d+)/.exec(text)?.slice(1).map(Number));
  if (is === undefined || least === undefined) return false;
  for (const [at, number] of least.entries()) {
    const own = is[at] ?? 0;
    if (own !== number) return own < number;
  }
  return false;
}
