import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { AgentProvider } from '../../core/agent.ts';
import { safeName } from '../../kit/safe-name.ts';

/** Carries the key; the settings name the variable only. */
const KEY = 'CRUSH_PROVIDER_API_KEY';
/** What Crush calls a provider of ours. */
const NAME = 'cc-connect';

/** How Crush gets at a provider. */
export interface ProviderLaunch {
  readonly env: Readonly<Record<string, string>>;
  /** The folder for Crush's own data, when the provider has an address of its own. */
  readonly home: string | undefined;
  /** The name of a model for `--model`. */
  modelName(model: string | undefined): string | undefined;
  /** Makes the home ready for a turn with this model. */
  prepare(model: string | undefined): Promise<void>;
}

/**
 * A key alone goes into the variable that Crush reads. An address is a matter of settings: they are written into a data
 * folder of our own, which Crush reads over the person's settings; nothing of theirs is written.
 */
export function providerLaunch(provider: AgentProvider | undefined, cacheDir: string): ProviderLaunch {
  const { apiKey, baseUrl } = provider ?? {};
  if (provider === undefined || baseUrl === undefined) {
    return {
      env: apiKey === undefined ? {} : { ANTHROPIC_API_KEY: apiKey },
      home: undefined,
      modelName: (model) => model,
      prepare: async () => undefined,
    };
  }
  const home = join(cacheDir, 'crush', safeName(provider.name));
  const bare = (model: string) => (model.startsWith(`${NAME}/`) ? model.slice(NAME.length + 1) : model);
  return {
    env: { CRUSH_GLOBAL_DATA: home, ...(apiKey === undefined ? {} : { [KEY]: apiKey }) },
    home,
    modelName: (model) => (model === undefined ? undefined : `${NAME}/${bare(model)}`),
    prepare: (model) => prepareHome(home, provider, baseUrl, model === undefined ? undefined : bare(model)),
  };
}

async function prepareHome(
  home: string,
  provider: AgentProvider,
  baseUrl: string,
  model: string | undefined,
): Promise<void> {
  const named = [model, provider.model, ...provider.models.map((one) => one.model)];
  const ids = [...new Set(named.filter((id) => id !== undefined))];
  const [first] = ids;
  const chosen = first === undefined ? {} : { provider: NAME, model: first };
  const settings = {
    providers: {
      [NAME]: {
        name: provider.name,
        type: isAnthropic(provider, baseUrl) ? 'anthropic' : 'openai-compat',
        base_url: baseUrl,
        ...(provider.apiKey === undefined ? {} : { api_key: `$${KEY}` }),
        ...(provider.httpHeaders === undefined ? {} : { extra_headers: provider.httpHeaders }),
        models: ids.map((id) => ({ id, name: id, context_window: 200_000, default_max_tokens: 16_000 })),
      },
    },
    ...(first === undefined ? {} : { models: { large: chosen, small: chosen } }),
  };
  await mkdir(home, { recursive: true, mode: 0o700 });
  const draft = join(home, `crush.${process.pid}.draft`);
  await writeFile(draft, `${JSON.stringify(settings, null, 2)}\n`, { mode: 0o600 });
  await rename(draft, join(home, 'crush.json'));
}

function isAnthropic({ wireApi = '' }: AgentProvider, baseUrl: string): boolean {
  if (wireApi !== '') return /anthropic|messages/i.test(wireApi);
  return /anthropic/i.test(baseUrl);
}
