import type { AgentProvider } from '../../core/agent.ts';
import { opencode } from '../../kit/acp/presets/opencode.ts';

/** What a turn with a model is given. */
export interface RunLaunch {
  readonly env: Readonly<Record<string, string>>;
  /** For `--model`; undefined when the settings in the environment name it already. */
  readonly model: string | undefined;
}

/** Provider and model as settings in the environment; nothing of the person's is written. */
export function runLaunch(provider: AgentProvider | undefined, model: string | undefined): RunLaunch {
  if (provider === undefined) return { env: {}, model };
  const { name, apiKey, baseUrl } = provider;
  const source = {
    name,
    ...(apiKey === undefined ? {} : { apiKey }),
    ...(baseUrl === undefined ? {} : { baseUrl }),
    ...(model === undefined ? {} : { model }),
  };
  const env: Record<string, string> = {};
  for (const [key, value] of Object.entries(opencode.model?.(source).env ?? {}))
    if (value !== undefined) env[key] = value;
  return { env, model: baseUrl === undefined ? model : undefined };
}
