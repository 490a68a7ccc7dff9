/** Which model providers an agent can use, and what each means for that agent type. */
import type { AgentProvider as AdapterProvider } from '../core/agent.ts';
import type { AgentConfig, Config, ProviderConfig } from './schema/root.ts';

/** A provider as one agent type sees it. */
export interface AgentProvider {
  readonly name: string;
  readonly api_key: string;
  readonly base_url: string;
  readonly model: string;
  /** Empty: the agent's own list. */
  readonly models: readonly { readonly model: string; readonly alias: string }[];
  readonly thinking: string;
  readonly env: Readonly<Record<string, string>>;
  /** Variable the key travels in; empty: the agent's own. */
  readonly env_key: string;
  readonly wire_api: string;
  readonly http_headers: Readonly<Record<string, string>>;
}

/** The agent's own providers, then the shared ones it refers to; an own one of the same name wins. */
export function agentProviders(config: Config, agent: AgentConfig): AgentProvider[] {
  const found = [...agent.providers];
  for (const ref of agent.provider_refs) {
    const shared = config.providers.find((provider) => provider.name === ref);
    if (shared && !found.some((provider) => provider.name === ref)) found.push(shared);
  }
  return found
    .filter((provider) => provider.agent_types.length === 0 || provider.agent_types.includes(agent.type))
    .map((provider) => forAgent(provider, agent.type));
}

/** The provider `agent.options.provider` names, or undefined when none is active. */
export function activeProvider(config: Config, agent: AgentConfig): AgentProvider | undefined {
  const name = agent.options.provider;
  return agentProviders(config, agent).find((provider) => provider.name === name);
}

/** The same in the form that adapters are given. */
export function providerForAdapter(provider: AgentProvider): AdapterProvider {
  return {
    name: provider.name,
    models: provider.models,
    env: provider.env,
    ...(provider.api_key && { apiKey: provider.api_key }),
    ...(provider.base_url && { baseUrl: provider.base_url }),
    ...(provider.model && { model: provider.model }),
    ...(provider.env_key && { envKey: provider.env_key }),
    ...(provider.wire_api && { wireApi: provider.wire_api }),
    ...(Object.keys(provider.http_headers).length > 0 && { httpHeaders: provider.http_headers }),
  };
}

function forAgent(provider: ProviderConfig, type: string): AgentProvider {
  const own = type === 'codex' ? provider.codex : undefined;
  return {
    name: provider.name,
    api_key: provider.api_key,
    base_url: provider.endpoints[type] ?? provider.base_url,
    model: provider.agent_models[type] ?? provider.model,
    models: provider.agent_model_lists[type] ?? provider.models,
    thinking: provider.thinking,
    env: provider.env,
    env_key: own?.env_key || provider.env_key,
    wire_api: own?.wire_api || provider.wire_api,
    http_headers: { ...provider.http_headers, ...own?.http_headers },
  };
}
