/** Configured features that this build does not have yet. */
import { agentsOf } from './project-agents.ts';
import type { Config } from './schema/root.ts';

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
  const lines = sections(config)
    .filter(([feature, configured]) => configured && !features.has(feature))
    .map(([feature]) => `[${feature}]`);
  for (const project of config.projects) {
    for (const agent of agentsOf(project)) {
      if (!agents.has(agent.type)) lines.push(`${agent.at} (${agent.type})`);
    }
    for (const platform of project.platforms) {
      if (!platforms.has(platform.type)) lines.push(`${platform.at} (${platform.type})`);
    }
    for (const [feature, configured] of projectSections(project)) {
      if (configured && !features.has(feature)) lines.push(`${project.at}.${feature}`);
    }
  }
  return lines;
}

function sections(config: Config): [feature: string, configured: boolean][] {
  return [
    ['speech', config.speech.enabled],
    ['tts', config.tts.enabled],
    ['webhook', config.webhook.enabled],
    ['bridge', config.bridge.enabled],
    ['management', config.management.enabled],
    [
      'audit',
      config.audit.enabled === true || config.audit.postgres.dsn !== '' || config.audit.mongodb.uri !== '',
    ],
    ['hooks', config.hooks.length > 0],
    ['commands', config.commands.length > 0],
    ['aliases', config.aliases.length > 0],
    ['banned_words', config.banned_words.length > 0],
    ['providers', config.providers.length > 0],
    ['rate_limit', config.rate_limit.max_messages !== 20 || config.rate_limit.window_secs !== 60],
    ['outgoing_rate_limit', hasOutgoingRate(config)],
    ['relay', config.relay.timeout_secs !== 120 || config.relay.visibility !== 'full'],
    ['cron', config.cron.silent || config.cron.session_mode !== 'reuse'],
  ];
}

function hasOutgoingRate(config: Config): boolean {
  const { max_per_second: rate, platforms } = config.outgoing_rate_limit;
  return (rate ?? 0) > 0 || Object.keys(platforms).length > 0;
}

function projectSections(project: Config['projects'][number]): [feature: string, configured: boolean][] {
  return [
    ['heartbeat', project.heartbeat.enabled],
    ['auto_compress', project.auto_compress.enabled],
    ['observe', project.observe.enabled],
    ['references', project.references.normalize_agents.length > 0],
    ['users', project.users !== undefined],
  ];
}
