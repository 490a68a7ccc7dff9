import type { AgentMode, SessionSpec } from '../../core/agent.ts';
import type { Log } from '../../core/platform.ts';
import { hideSecrets } from '../../kit/child-environment.ts';
import { cliFlags } from '../../kit/cli-flags.ts';
import { listedModels } from '../../kit/model-lines.ts';
import { modeOf } from '../../kit/modes.ts';
import type { PromptJournal } from '../../kit/prompt-journal.ts';
import { TurnProcessSession } from '../../kit/turn-process/session.ts';
import type { EndedEarly, Verdict } from '../../kit/turn-process/spec.ts';
import { cliOf } from './check.ts';
import { MODES } from './modes.ts';
import type { OpenCodeOptions } from './options.ts';
import { runCommand } from './run-argv.ts';
import { RunReader } from './run-events.ts';
import type { RunLaunch } from './run-launch.ts';

export interface RunSpec {
  readonly options: OpenCodeOptions;
  readonly spec: SessionSpec;
  readonly env: Readonly<Record<string, string>>;
  readonly model: string | undefined;
  /** The provider has a `base_url`. */
  readonly ownAddress: boolean;
  readonly launch: (model: string | undefined) => RunLaunch;
  readonly journal: PromptJournal;
  readonly log: Log;
}

/** A conversation of `opencode run`: a process for every turn. */
export async function openRunSession(
  { options, spec, env, model, ownAddress, launch, journal, log }: RunSpec,
  signal: AbortSignal,
): Promise<TurnProcessSession<AgentMode>> {
  const mode = modeOf('OpenCode', MODES, spec.mode ?? options.mode);
  const flags = await cliFlags({ ...cliOf(options), env }, ['run', '--help'], signal);
  const reader = new RunReader(spec.resume);
  return TurnProcessSession.open(
    {
      label: 'OpenCode',
      command: options.command,
      args: options.args,
      session: spec,
      env,
      settings: { mode, model, effort: spec.effort ?? options.effort },
      modes: MODES,
      reader,
      turn: (prompt, settings, nativeId) => {
        const given = launch(settings.model);
        const now = { ...settings, model: given.model };
        return { ...runCommand(prompt, now, nativeId, options.agent, flags), env: given.env };
      },
      // With an address of its own a provider has the models that the config names, and no others.
      models: async (asking) =>
        ownAddress ? [] : listedModels({ ...cliOf(options), env, cwd: spec.workDir }, ['models'], asking),
      judge: (end) => judge(reader, end),
      journal,
      ...(options.limitMs === undefined ? {} : { limitMs: options.limitMs }),
      clean: (text) => hideSecrets(text, env),
      log,
    },
    signal,
  );
}

/** The exit is the end of the turn; what it was worth the lines before tell. */
export function judge(reader: RunReader, { exit, detail }: EndedEarly): Verdict {
  const inOrder = exit.signal === null && (exit.code === 0 || exit.code === 1);
  if (inOrder && reader.outcome !== undefined) return { outcome: reader.outcome };
  return { outcome: { status: 'error', message: detail, code: 'crash' }, fatal: exit.code !== 0 };
}
