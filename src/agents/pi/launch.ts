import type { AgentContext, AgentMode, SessionSpec } from '../../core/agent.ts';
import { writeCacheFile } from '../../kit/cache-file.ts';
import { childEnvironment } from '../../kit/child-environment.ts';
import { COMPANION, CONFIG_VARIABLE, type CompanionConfig } from './companion.ts';
import { effortNamed, type PiOptions } from './options.ts';
import { useProvider } from './provider.ts';

/** Variables by which pi's own tools know that they run inside of it. */
export const NESTING_VARIABLES = ['PI_CODING_AGENT'] as const;

/** What a process of pi is started with. */
export interface Launch {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** For the environment of one turn, with the companion's settings. */
  settings(mode: AgentMode, prompt?: string): Record<string, string>;
}

/** Arguments and environment that all processes of one session share. Keys go into the environment, never into argv. */
export async function prepareLaunch(
  options: PiOptions,
  context: AgentContext,
  spec: SessionSpec,
): Promise<Launch> {
  const { provider, cacheDir } = context;
  const model = spec.model ?? options.model ?? provider?.model;
  const use = provider === undefined ? undefined : useProvider(provider, model);
  const companion = await writeCacheFile(cacheDir, COMPANION, { prefix: 'pi-companion', extension: 'js' });
  const args = ['--extension', companion];
  if (spec.systemPrompt.trim() !== '') {
    const prompt = await writeCacheFile(cacheDir, spec.systemPrompt, { prefix: 'prompt', extension: 'md' });
    args.push('--append-system-prompt', prompt);
  }
  if (use !== undefined) args.push('--provider', use.id);
  const config: Omit<CompanionConfig, 'mode'> = {
    allowed: [...new Set([...options.allowedTools, ...spec.allowedTools])],
    ...(use?.registration === undefined ? {} : { provider: use.registration }),
  };
  const env = childEnvironment(
    // Looking for a newer version takes a network and serves nobody here.
    { PI_SKIP_VERSION_CHECK: '1', ...spec.env },
    [options.env, use?.env],
    NESTING_VARIABLES,
  );
  return {
    args,
    env,
    settings: (mode, prompt) => ({
      [CONFIG_VARIABLE]: JSON.stringify({
        ...config,
        mode: mode.id,
        ...(prompt === undefined ? {} : { prompt }),
      }),
    }),
  };
}

/** `--model` and `--thinking`. */
export function modelArguments(model: string | undefined, effort: string | undefined): string[] {
  const level = effortNamed(effort);
  return [...(model ? ['--model', model] : []), ...(level === undefined ? [] : ['--thinking', level])];
}
