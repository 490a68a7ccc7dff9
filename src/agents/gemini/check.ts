import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { AgentProvider } from '../../core/agent.ts';
import type { Finding } from '../../core/platform.ts';
import { argsOutside } from '../../kit/acp/preset.ts';
import { gemini } from '../../kit/acp/presets/gemini.ts';
import { type CliSpec, folderFinding, programFinding } from '../../kit/cli-check.ts';
import { geminiFolder } from './home.ts';
import type { GeminiOptions } from './options.ts';

/** The program as it is asked outside of a conversation. */
export function cliOf(options: GeminiOptions): CliSpec {
  return {
    label: 'Gemini CLI',
    command: options.command,
    args: argsOutside(gemini, options),
    env: { ...process.env, ...options.env },
    // The version this adapter is tested with.
    oldest: [0, 61, 0],
    install: 'Install it with `npm install -g @google/gemini-cli`',
    update: 'Run `npm install -g @google/gemini-cli`',
  };
}

/** Findings on program, version, working directory and login. */
export async function checkInstallation(
  options: GeminiOptions,
  provider: AgentProvider | undefined,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const cli = cliOf(options);
  const findings = [await programFinding(cli, signal), await folderFinding(options.workDir)];
  if (provider?.apiKey === undefined) findings.push(await loginFinding(cli.env));
  return findings;
}

async function loginFinding(env: CliSpec['env']): Promise<Finding> {
  const byVariable = [
    'GEMINI_API_KEY',
    'GOOGLE_API_KEY',
    'GOOGLE_GENAI_USE_VERTEXAI',
    'GOOGLE_GENAI_USE_GCA',
  ];
  if (byVariable.some((name) => env[name]))
    return { level: 'ok', what: 'Gemini CLI login: by environment variable' };
  for (const name of ['oauth_creds.json', 'gemini-credentials.json', '.env']) {
    const file = await stat(join(geminiFolder(env), name)).catch(() => undefined);
    if (file !== undefined) return { level: 'ok', what: 'Gemini CLI login: saved' };
  }
  return {
    level: 'warning',
    what: 'Gemini CLI seems not to be logged in',
    fix: 'Run `gemini` once in a terminal and log in, or configure a provider with a key.',
  };
}
