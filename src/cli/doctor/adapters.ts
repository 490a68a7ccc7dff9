import { loadConfig } from '../../config/load.ts';
import { agentName, agentsOf } from '../../config/project-agents.ts';
import { AppError } from '../../core/errors.ts';
import type { Finding } from '../../core/platform.ts';
import type { DoctorFinding } from '../../servers/local/backend.ts';
import { makeAgent, makePlatform } from '../adapter-context.ts';
import type { Io } from '../io.ts';

const deadlineMs = 30_000;

/** Agents and platforms tried from here, for when no daemon runs: programs, logins, tokens, rights. */
export async function checkAdapters(configFile: string, io: Io): Promise<readonly DoctorFinding[]> {
  const { config } = await loadConfig(configFile, io.env, { cwd: io.cwd });
  if (!config) return [];
  const surroundings = { config, cwd: io.cwd };
  const checks = config.projects.flatMap((project) => [
    ...agentsOf(project).map((agent) =>
      examine('agent', `${project.name}: ${agentName(agent)}`, async () =>
        (await makeAgent(agent, project, surroundings))?.check(AbortSignal.timeout(deadlineMs)),
      ),
    ),
    ...project.platforms.map((platform) =>
      examine('platform', `${project.name}: ${platform.type}`, async () =>
        (await makePlatform(platform, project, surroundings))?.check?.(AbortSignal.timeout(deadlineMs)),
      ),
    ),
  ]);
  return (await Promise.all(checks)).flat();
}

async function examine(
  area: string,
  what: string,
  check: () => Promise<readonly Finding[] | undefined>,
): Promise<readonly DoctorFinding[]> {
  try {
    const found = (await check()) ?? [];
    return found.map((finding) => ({ area, ...finding, what: `${what}: ${finding.what}` }));
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    // The configuration's own findings say it already, with file and line.
    if (error.code === 'options_invalid') return [];
    const fix = error.advice ? { fix: error.advice } : {};
    return [{ area, level: 'error', what: `${what}: ${error.message}`, ...fix }];
  }
}
