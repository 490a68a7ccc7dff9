import type { LoadedConfig } from '../config/load.ts';
import { formatProblem, type Problem, sortProblems } from '../config/problem.ts';
import type { Config } from '../config/schema/root.ts';
import { AppError } from '../core/errors.ts';
import type { HostDeps } from './host-deps.ts';
import { lostAgents, optionProblems, sharedBotProblems } from './option-problems.ts';
import { dryRun, surroundingsOf } from './surroundings.ts';

/** Adapters are tried before anything changes: what they refuse is as wrong as what the schema refuses. */
export async function checked(
  loaded: LoadedConfig,
  deps: HostDeps,
  running: { has(project: string): boolean },
): Promise<{ readonly config: Config; readonly warnings: readonly Problem[] }> {
  const { config, settings } = loaded;
  const dry = dryRun(surroundingsOf({ ...deps, loaded }), settings);
  const problems = [...loaded.problems, ...loaded.place(await optionProblems(loaded, dry))];
  const shared = loaded.place(config ? await sharedBotProblems(config, dry) : []);
  const stopped = loaded.place(config ? await lostAgents(config, running, deps.adapters) : []);
  const errors = sortProblems([...problems, ...shared, ...stopped]).filter(
    ({ severity }) => severity === 'error',
  );
  if (config && errors.length === 0) return { config, warnings: problems };
  throw new AppError(
    'config_invalid',
    `the config has errors, so the old one stays:\n${errors.map(formatProblem).join('\n')}`,
    {
      kind: 'validation',
      advice: 'mend them, then reload again',
    },
  );
}
