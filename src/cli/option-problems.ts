import type { Finding, ProblemScope } from '../config/problem.ts';
import { AppError } from '../core/errors.ts';
import { makeAgent, makePlatform, type Surroundings } from './adapter-context.ts';

/** What the adapters themselves refuse in their options; place the findings with `LoadedConfig.place`. */
export async function optionProblems(surroundings: Surroundings): Promise<readonly Finding[]> {
  const found: Finding[] = [];
  const attempt = async (at: string, scope: ProblemScope, make: () => Promise<unknown>): Promise<void> => {
    try {
      await make();
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      found.push({
        severity: 'error',
        key: keyIn(`${at}.options`, error.message),
        message: error.message,
        scope,
        ...(error.advice ? { expected: error.advice } : {}),
      });
    }
  };
  for (const project of surroundings.config.projects) {
    const { agent } = project;
    await attempt(agent.at, { project: project.name, agent: agent.type }, () =>
      makeAgent(agent, project, surroundings),
    );
    for (const platform of project.platforms)
      await attempt(platform.at, { project: project.name, platform: platform.type }, () =>
        makePlatform(platform, project, surroundings),
      );
  }
  return found;
}

/** Adapters name the option in their message: `telegram: token is missing`, `agent option "mode" must be …`. */
function keyIn(options: string, message: string): string {
  const name = /"([a-z][a-z_]*)"/.exec(message)?.[1] ?? /(?:^|: )([a-z][a-z_]*)\b/.exec(message)?.[1];
  return name ? `${options}.${name}` : options;
}
