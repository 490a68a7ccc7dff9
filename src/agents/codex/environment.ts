import type { AgentProvider } from '../../core/agent.ts';
import { childEnvironment } from '../../kit/child-environment.ts';
import type { CodexOptions } from './options.ts';

/** Variables that Codex sets for its own commands; with them a child would believe to run inside another one. */
export const NESTING_VARIABLES = [
  'CODEX_SANDBOX',
  'CODEX_SANDBOX_NETWORK_DISABLED',
  'CODEX_THREAD_ID',
  'CODEX_CI',
  'CODEX_MANAGED_BY_NPM',
] as const;

/** Carries a provider's key. Not one of the CLI's own names, so that no saved login and no setting interferes. */
const KEY_VARIABLE = 'CODEX_PROVIDER_API_KEY';
const PROVIDER_ID = 'cc-connect';
const OPENAI_URL = 'https://api.openai.com/v1';

/** The child's whole environment. Precedence: options, provider, session. Keys go here, never into argv. */
export function environment(
  base: Readonly<Record<string, string>>,
  options: CodexOptions,
  provider: AgentProvider | undefined,
): Record<string, string> {
  const env = childEnvironment(base, [options.env, provider?.env], NESTING_VARIABLES);
  if (options.codexHome !== undefined) env.CODEX_HOME = options.codexHome;
  if (provider?.apiKey !== undefined) env[provider.envKey ?? KEY_VARIABLE] = provider.apiKey;
  headersOf(provider).forEach(([, value], at) => {
    env[headerVariable(at)] = value;
  });
  return env;
}

/**
 * Settings as `-c` flags, which hold for this process alone: the person's config.toml and auth.json are never
 * written. A provider is defined whole: overriding only the base URL of the built-in one makes the CLI try
 * WebSockets for seconds first.
 */
export function configFlags(options: CodexOptions, provider: AgentProvider | undefined): string[] {
  const settings: string[] = [];
  if (provider?.baseUrl !== undefined || provider?.apiKey !== undefined) {
    const at = `model_providers.${PROVIDER_ID}`;
    // One table: a key with quotes in the path of a flag is not understood.
    const headers = headersOf(provider).map(
      ([name], index) => `${toml(name)}=${toml(headerVariable(index))}`,
    );
    const key = provider.envKey ?? (provider.apiKey === undefined ? undefined : KEY_VARIABLE);
    settings.push(
      `${at}.name=${toml(provider.name)}`,
      `${at}.base_url=${toml(provider.baseUrl ?? OPENAI_URL)}`,
      `${at}.wire_api=${toml(provider.wireApi ?? 'responses')}`,
      ...(key === undefined ? [] : [`${at}.env_key=${toml(key)}`]),
      ...(headers.length === 0 ? [] : [`${at}.env_http_headers={${headers.join(', ')}}`]),
      `model_provider="${PROVIDER_ID}"`,
    );
  } else if (options.modelProvider !== undefined)
    settings.push(`model_provider=${toml(options.modelProvider)}`);
  return settings.flatMap((setting) => ['-c', setting]);
}

/** Their values may be secrets, so they travel in variables as the key does. */
function headersOf(provider: AgentProvider | undefined): [name: string, value: string][] {
  return Object.entries(provider?.httpHeaders ?? {});
}

function headerVariable(at: number): string {
  return `CODEX_PROVIDER_HEADER_${at + 1}`;
}

/** A TOML basic string; JSON's escapes are a subset of its own. */
export function toml(value: string): string {
  return JSON.stringify(value);
}
