import type { AgentProvider } from '../../core/agent.ts';
import { gemini } from '../../kit/acp/presets/gemini.ts';
import { childEnvironment } from '../../kit/child-environment.ts';
import type { GeminiOptions } from './options.ts';

export const NESTING_VARIABLES = gemini.nestingVariables ?? [];

/** What options and provider set over the session's environment. Keys go here, never into argv. */
export function ownEnvironment(
  options: GeminiOptions,
  provider: AgentProvider | undefined,
  home: string | undefined,
): Record<string, string> {
  return {
    ...(home === undefined ? {} : { GEMINI_CLI_HOME: home }),
    ...(provider?.apiKey === undefined ? {} : { GEMINI_API_KEY: provider.apiKey }),
    ...(provider?.baseUrl === undefined ? {} : { GOOGLE_GEMINI_BASE_URL: provider.baseUrl }),
    ...options.env,
    ...provider?.env,
  };
}

/** The child's whole environment for one process per turn. Precedence: options, provider, session. */
export function environment(
  base: Readonly<Record<string, string>>,
  own: Readonly<Record<string, string>>,
): Record<string, string> {
  return childEnvironment({ ...gemini.env, ...base }, [own], NESTING_VARIABLES);
}
