import type { AgentProvider } from '../../core/agent.ts';
import { KEY_VARIABLE, PROVIDER_ID } from './companion.ts';

/** Names by which the wire of an endpoint may be given, and pi's own. */
const WIRES: Readonly<Record<string, string>> = {
  chat: 'openai-completions',
  chat_completions: 'openai-completions',
  openai: 'openai-completions',
  responses: 'openai-responses',
  messages: 'anthropic-messages',
  anthropic: 'anthropic-messages',
  gemini: 'google-generative-ai',
  google: 'google-generative-ai',
};

/** Variables in which pi looks for the key of a vendor whose variable is not simply called after it. */
const KEY_OF: Readonly<Record<string, string>> = {
  google: 'GEMINI_API_KEY',
  gemini: 'GEMINI_API_KEY',
  moonshotai: 'MOONSHOT_API_KEY',
};

/** What is not known of a custom endpoint's models. */
const CONTEXT_WINDOW = 128_000;
const MAX_TOKENS = 16_384;

/** What a configured provider means to pi. */
export interface ProviderUse {
  /** For `--provider`. */
  readonly id: string;
  readonly env: Readonly<Record<string, string>>;
  /** For the companion to register; undefined for vendors that pi knows by itself. */
  readonly registration?: object;
}

/** A provider with a URL is registered as one of our own; one without is a vendor that pi knows, which gets the key. */
export function useProvider(provider: AgentProvider, model: string | undefined): ProviderUse {
  const { apiKey, baseUrl, env, envKey } = provider;
  if (baseUrl === undefined) {
    const id = provider.name.toLowerCase();
    const variable = envKey ?? KEY_OF[id] ?? `${id.toUpperCase().replaceAll(/[^A-Z0-9]+/g, '_')}_API_KEY`;
    return { id, env: apiKey === undefined ? env : { ...env, [variable]: apiKey } };
  }
  const variable = envKey ?? KEY_VARIABLE;
  const names = [model, provider.model, ...provider.models.map((known) => known.model)];
  const models = [...new Set(names.filter((name) => name !== undefined && name !== ''))];
  const registration = {
    name: provider.name,
    baseUrl,
    apiKey: variable,
    api: wireOf(provider, baseUrl),
    ...(provider.httpHeaders === undefined ? {} : { headers: provider.httpHeaders }),
    models: models.map(modelEntry),
  };
  // Some endpoints need no key, but pi uses none that has none.
  return { id: PROVIDER_ID, env: { ...env, [variable]: apiKey ?? 'none' }, registration };
}

function wireOf(provider: AgentProvider, baseUrl: string): string {
  const given = provider.wireApi?.toLowerCase() ?? '';
  if (given !== '') return (Object.hasOwn(WIRES, given) ? WIRES[given] : undefined) ?? given;
  return /anthropic/i.test(baseUrl) ? 'anthropic-messages' : 'openai-completions';
}

function modelEntry(id: string | undefined): object {
  const cost = { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 };
  const size = { contextWindow: CONTEXT_WINDOW, maxTokens: MAX_TOKENS };
  return { id, name: id, reasoning: false, input: ['text', 'image'], cost, ...size };
}
