import { makeAgent, makePlatform } from '../../app/surroundings.ts';
import { loadConfig } from '../../config/load.ts';
import { agentName, agentsOf } from '../../config/project-agents.ts';
import { AppError } from '../../core/errors.ts';
import type { Finding } from '../../core/platform.ts';
import { silentLog } from '../../kit/silent-log.ts';
import type { DoctorFinding } from '../../servers/local/backend.ts';
import type { Io } from '../io.ts';
import { surroundingsOfFile } from '../surroundings.ts';

const deadlineMs = 30_000;

/** The configuration's own findings say it, with file and line. */
const saidAlready: ReadonlySet<string> = new Set(['options_invalid', 'agent_inactive', 'platform_inactive']);

/** Agents and platforms tried from here, for when no daemon runs: programs, logins, tokens, rights. */
export async function checkAdapters(configFile: string, io: Io): Promise<readonly DoctorFinding[]> {
  const { config } = await loadConfig(configFile, io.env, { cwd: io.cwd });
  if (!config) return [];
  const around = surroundingsOfFile(config, io.cwd);
  const limit = () => AbortSignal.timeout(deadlineMs);
  const checks = config.projects.flatMap((project) => [
    ...agentsOf(project).map((agent) =>
      examine('agent', `${project.name}: ${agentName(agent)}`, async () => {
        const definition = await around.adapters.agent(agent.type);
        return makeAgent(around, definition, config, project, agent, silentLog).check(limit());
      }),
    ),
    ...project.platforms.map((platform) =>
      examine('platform', `${project.name}: ${platform.type}`, async () => {
        const definition = await around.adapters.platform(platform.type);
        return makePlatform(around, definition, project.name, platform, silentLog).check?.(limit());
      }),
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
    if (saidAlready.has(error.code)) return [];
    const fix = error.advice ? { fix: error.advice } : {};
    return [{ area, level: 'error', what: `${what}: ${error.message}`, ...fix }];
  }
}
