import type { Finding, ProblemScope } from '../config/problem.ts';
import { agentsOf } from '../config/project-agents.ts';
import type { AgentConfig, Config, PlatformConfig, ProjectConfig } from '../config/schema/root.ts';
import type { Agent } from '../core/agent.ts';
import { AppError } from '../core/errors.ts';
import type { Platform } from '../core/platform.ts';
import { type BotEntry, routeFindings } from './route-findings.ts';

/** Makes adapters to see whether they can be made; undefined where this version has none of the type. */
export interface DryRun {
  agent(agent: AgentConfig, project: ProjectConfig): Promise<Agent | undefined>;
  platform(platform: PlatformConfig, project: ProjectConfig): Promise<Platform | undefined>;
}

/** What the adapters themselves refuse in their options; place the findings with `LoadedConfig.place`. */
export async function optionProblems(config: Config, dry: DryRun): Promise<readonly Finding[]> {
  const found: Finding[] = [];
  const attempt = async (
    { at, type }: { readonly at: string; readonly type: string },
    scope: ProblemScope,
    make: () => Promise<unknown>,
  ): Promise<void> => {
    try {
      await make();
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      found.push({
        severity: 'error',
        key: keyIn(`${at}.options`, type, error.message),
        message: error.advice ? `${error.message} (${error.advice})` : error.message,
        scope,
      });
    }
  };
  for (const project of config.projects) {
    for (const agent of agentsOf(project))
      await attempt(agent, { project: project.name, agent: agent.type }, () => dry.agent(agent, project));
    for (const platform of project.platforms)
      await attempt(platform, { project: project.name, platform: platform.type }, () =>
        dry.platform(platform, project),
      );
  }
  return found;
}

/** What does not fit together among the bots that are shared. */
export async function sharedBotProblems(config: Config, dry: DryRun): Promise<readonly Finding[]> {
  return routeFindings(await botEntries(config, dry));
}

/** The bots behind the platforms of the config; those that cannot be made are told of elsewhere. */
export async function botEntries(config: Config, dry: DryRun): Promise<readonly BotEntry[]> {
  const found: BotEntry[] = [];
  for (const project of config.projects)
    for (const platform of project.platforms) {
      const made = await dry.platform(platform, project).catch((error: unknown) => {
        if (error instanceof AppError) return undefined;
        throw error;
      });
      if (made) found.push({ account: made.account, project: project.name, config: platform });
    }
  return found;
}

/** Adapters name the option in their message: `telegram: token is missing`, `agent option "mode" must be …`. */
function keyIn(options: string, type: string, message: string): string {
  const own = message.startsWith(`${type}: `) ? message.slice(type.length + 2) : message;
  const name = /"([a-z][a-z_]*)"/.exec(own)?.[1] ?? /^([a-z][a-z_]*)\b/.exec(own)?.[1];
  return name ? `${options}.${name}` : options;
}
