import { type BotEntry, routeFindings } from '../app/route-findings.ts';
import type { Finding, ProblemScope } from '../config/problem.ts';
import { agentsOf } from '../config/project-agents.ts';
import { AppError } from '../core/errors.ts';
import { makeAgent, makePlatform, type Surroundings } from './adapter-context.ts';

/** What the adapters themselves refuse in their options; place the findings with `LoadedConfig.place`. */
export async function optionProblems(surroundings: Surroundings): Promise<readonly Finding[]> {
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
  for (const project of surroundings.config.projects) {
    for (const agent of agentsOf(project))
      await attempt(agent, { project: project.name, agent: agent.type }, () =>
        makeAgent(agent, project, surroundings),
      );
    for (const platform of project.platforms)
      await attempt(platform, { project: project.name, platform: platform.type }, () =>
        makePlatform(platform, project, surroundings),
      );
  }
  return [...found, ...routeFindings(await botEntries(surroundings))];
}

/** The bots behind the platforms of the config; those that cannot be made are told of elsewhere. */
export async function botEntries(surroundings: Surroundings): Promise<readonly BotEntry[]> {
  const found: BotEntry[] = [];
  for (const project of surroundings.config.projects)
    for (const config of project.platforms) {
      const made = await makePlatform(config, project, surroundings).catch((error: unknown) => {
        if (error instanceof AppError) return undefined;
        throw error;
      });
      if (made) found.push({ account: made.account, project: project.name, config });
    }
  return found;
}

/** Adapters name the option in their message: `telegram: token is missing`, `agent option "mode" must be …`. */
function keyIn(options: string, type: string, message: string): string {
  const own = message.startsWith(`${type}: `) ? message.slice(type.length + 2) : message;
  const name = /"([a-z][a-z_]*)"/.exec(own)?.[1] ?? /^([a-z][a-z_]*)\b/.exec(own)?.[1];
  return name ? `${options}.${name}` : options;
}
