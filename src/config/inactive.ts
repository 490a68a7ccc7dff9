/** Configured features that this build does not have yet. */
import { agentsOf } from './project-agents.ts';
import type { Config, ProjectConfig } from './schema/root.ts';

/** What this build can do; the names of features are those of the list in `inactiveFeatures`. */
export interface ActiveTypes {
  readonly agents: Iterable<string>;
  readonly platforms: Iterable<string>;
  readonly features: Iterable<string>;
}

/** One line for each configured thing that does nothing here, for example `[speech]` or `projects[0].platforms[1] (slack)`. */
export function inactiveFeatures(config: Config, active: ActiveTypes): string[] {
  const agents = new Set(active.agents);
  const platforms = new Set(active.platforms);
  const features = new Set(active.features);
  const lines = entries(FEATURES)
    .filter(([feature, isConfigured]) => !features.has(feature) && isConfigured(config))
    .map(([feature]) => (typeof config[feature] === 'object' ? `[${feature}]` : feature));
  for (const project of config.projects) {
    for (const agent of agentsOf(project)) {
      if (!agents.has(agent.type)) lines.push(`${agent.at} (${agent.type})`);
    }
    for (const platform of project.platforms) {
      if (!platforms.has(platform.type)) lines.push(`${platform.at} (${platform.type})`);
    }
    for (const [feature, isConfigured] of entries(PROJECT_FEATURES)) {
      if (!features.has(feature) && isConfigured(project)) lines.push(`${project.at}.${feature}`);
    }
  }
  return lines;
}

/** Global keys that a build may not know what to do with, and whether they ask for something. */
export const FEATURES = {
  speech: ({ speech }) => speech.enabled,
  tts: ({ tts }) => tts.enabled,
  webhook: ({ webhook }) => webhook.enabled,
  bridge: ({ bridge }) => bridge.enabled,
  management: ({ management }) => management.enabled,
  audit: ({ audit }) => audit.enabled === true || audit.postgres.dsn !== '' || audit.mongodb.uri !== '',
  hooks: ({ hooks }) => hooks.length > 0,
  commands: ({ commands }) => commands.length > 0,
  aliases: ({ aliases }) => aliases.length > 0,
  banned_words: ({ banned_words }) => banned_words.length > 0,
  providers: ({ providers }) => providers.length > 0,
  provider_presets_url: (config) => config.provider_presets_url !== '',
  rate_limit: ({ rate_limit }) => rate_limit.max_messages !== 20 || rate_limit.window_secs !== 60,
  outgoing_rate_limit: ({ outgoing_rate_limit: { max_per_second: rate, platforms } }) =>
    (rate ?? 0) > 0 || Object.keys(platforms).length > 0,
  relay: ({ relay }) => relay.timeout_secs !== 120 || relay.visibility !== 'full',
  cron: ({ cron }) => cron.silent || cron.session_mode !== 'reuse',
  shell: ({ shell }) => shell !== '',
  shell_profile: (config) => config.shell_profile !== '',
  workspace_idle_timeout_mins: (config) => config.workspace_idle_timeout_mins !== undefined,
} as const satisfies { readonly [K in keyof Config]?: (config: Config) => boolean };

/** The same of a project. */
export const PROJECT_FEATURES = {
  heartbeat: ({ heartbeat }) => heartbeat.enabled,
  auto_compress: (project) => project.auto_compress.enabled,
  observe: ({ observe }) => observe.enabled,
  references: ({ references }) => references.normalize_agents.length > 0,
  users: ({ users }) => users !== undefined,
  reply_footer_tokens: (project) => project.reply_footer_tokens,
  shell: ({ shell = '' }) => shell !== '',
  shell_profile: ({ shell_profile: profile = '' }) => profile !== '',
  // What only projects with several folders, or agents of other users, have a use for.
  base_dir: (project) => project.base_dir !== '',
  skip_git: (project) => project.skip_git,
  workspace_init_allow_local_paths: (project) => project.workspace_init_allow_local_paths,
  workspace_idle_timeout_mins: (project) => project.workspace_idle_timeout_mins !== undefined,
  run_as_env: (project) => project.run_as_env.length > 0,
} as const satisfies { readonly [K in keyof ProjectConfig]?: (project: ProjectConfig) => boolean };

function entries<K extends string, V>(table: Readonly<Record<K, V>>): [K, V][] {
  return Object.entries(table) as [K, V][];
}
