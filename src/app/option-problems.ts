import { formatKey, parseKey } from '../config/keypath.ts';
import type { LoadedConfig } from '../config/load.ts';
import { unknownOptions } from '../config/options.ts';
import type { Finding, ProblemScope } from '../config/problem.ts';
import { agentsOf } from '../config/project-agents.ts';
import { type AgentProvider, activeProvider, providerForAdapter } from '../config/providers.ts';
import type { AgentConfig, Config, PlatformConfig } from '../config/schema/root.ts';
import type { Agent, AgentDefinition } from '../core/agent.ts';
import { AppError } from '../core/errors.ts';
import { type OptionIssue, OptionsError } from '../core/options.ts';
import type { Platform, PlatformDefinition } from '../core/platform.ts';
import type { AdapterRegistry } from './adapters.ts';
import { type BotEntry, routeFindings } from './route-findings.ts';

/** Makes adapters to see whether they can be made. */
export interface DryRun {
  readonly adapters: Pick<AdapterRegistry, 'agent' | 'platform'>;
  agent(definition: AgentDefinition, config: AgentConfig, project: string): Agent;
  platform(definition: PlatformDefinition, config: PlatformConfig, project: string): Platform;
}

type Entries = Pick<LoadedConfig, 'entries' | 'settings'>;

/** What the adapters refuse in their options, and what none of them reads; place it with `LoadedConfig.place`. */
export async function optionProblems(loaded: Entries, dry: DryRun): Promise<readonly Finding[]> {
  const { entries } = loaded;
  const found: Finding[] = [];
  for (const { project, config } of entries.agents) {
    const definition = await ifActive(dry.adapters.agent(config.type));
    const scope = { project, agent: config.type };
    if (definition) found.push(...refused(config.at, scope, () => dry.agent(definition, config, project)));
  }
  for (const { project, config } of entries.platforms) {
    const definition = await ifActive(dry.adapters.platform(config.type));
    const scope = { project, platform: config.type };
    if (definition) found.push(...refused(config.at, scope, () => dry.platform(definition, config, project)));
  }
  return [...found, ...(await optionWarnings(loaded, dry.adapters))];
}

/** What does not fit together among the bots that are shared. */
export async function sharedBotProblems(config: Config, dry: DryRun): Promise<readonly Finding[]> {
  return routeFindings(await botEntries(config, dry));
}

/** Projects that run and would be left without any agent that this version has. */
export async function lostAgents(
  config: Config,
  running: { has(project: string): boolean },
  adapters: DryRun['adapters'],
): Promise<readonly Finding[]> {
  const found: Finding[] = [];
  for (const { name, agent, agents } of config.projects) {
    if (!running.has(name)) continue;
    const known = await Promise.all(
      agentsOf({ agent, agents }).map(({ type }) => ifActive(adapters.agent(type))),
    );
    if (known.some((definition) => definition !== undefined)) continue;
    found.push({
      severity: 'error',
      key: `${agent.at}.type`,
      message: `"${agent.type}" is not active in this version, and project ${name} runs`,
      expected: 'an agent that can be used, or the project taken out',
      scope: { project: name, agent: agent.type },
    });
  }
  return found;
}

/** The bots behind the platforms of the config; those that cannot be made are told of elsewhere. */
export async function botEntries(config: Config, dry: DryRun): Promise<readonly BotEntry[]> {
  const found: BotEntry[] = [];
  for (const project of config.projects)
    for (const platform of project.platforms) {
      const definition = await ifActive(dry.adapters.platform(platform.type));
      try {
        const made = definition && dry.platform(definition, platform, project.name);
        if (made) found.push({ account: made.account, project: project.name, config: platform });
      } catch (error) {
        if (!(error instanceof AppError)) throw error;
      }
    }
  return found;
}

function refused(at: string, scope: ProblemScope, make: () => unknown): Finding[] {
  try {
    make();
    return [];
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    const { message, advice } = error;
    const whole: OptionIssue = { key: '', message, ...(advice !== undefined && { advice }) };
    const issues = error instanceof OptionsError ? error.issues : [whole];
    return issues.map((issue) => findingOf(issue, at, 'error', scope));
  }
}

function advised(
  definition: AgentDefinition,
  { at, options }: AgentConfig,
  provider: AgentProvider | undefined,
  scope: ProblemScope,
): Finding[] {
  const machine = { root: process.geteuid?.() === 0, env: process.env };
  try {
    const issues = definition.advise?.(options, machine, provider && providerForAdapter(provider)) ?? [];
    return issues.map((issue) => findingOf(issue, at, 'warning', scope));
  } catch (error) {
    // What is wrong with them is told as errors.
    if (error instanceof OptionsError) return [];
    throw error;
  }
}

function findingOf(
  { key, message, advice }: OptionIssue,
  at: string,
  severity: Finding['severity'],
  scope: ProblemScope,
): Finding {
  return {
    severity,
    key: formatKey([...parseKey(at), 'options', ...partsOf(key)]),
    message: advice ? `${message} (${advice})` : message,
    scope,
  };
}

/** `env.PATH` is the entry of a table; what follows may have dots of its own. */
function partsOf(key: string): string[] {
  const dot = key.indexOf('.');
  return (dot < 0 ? [key] : [key.slice(0, dot), key.slice(dot + 1)]).filter((part) => part !== '');
}

/** A type that this version does not have is told of as such, and is no fault of the file. */
async function ifActive<T>(adapter: Promise<T>): Promise<T | undefined> {
  try {
    return await adapter;
  } catch (error) {
    if (error instanceof AppError && error.code.endsWith('_inactive')) return undefined;
    throw error;
  }
}

/** Warnings for what no adapter reads, and for what an adapter advises against. */
export async function optionWarnings(
  { entries, settings }: Entries,
  adapters: DryRun['adapters'],
): Promise<readonly Finding[]> {
  const found: Finding[] = [];
  for (const { project, config } of entries.agents) {
    const definition = await ifActive(adapters.agent(config.type));
    const scope = { project, agent: config.type };
    if (!definition) continue;
    found.push(...unknownOptions('agent', config, definition.options, scope));
    found.push(...advised(definition, config, activeProvider(settings, config), scope));
  }
  for (const { project, config } of entries.platforms) {
    const definition = await ifActive(adapters.platform(config.type));
    const scope = { project, platform: config.type };
    if (definition) found.push(...unknownOptions('platform', config, definition.options, scope));
  }
  return found;
}
