import type { AgentMode, AgentStore, SessionSpec } from '../../core/agent.ts';
import type { ModelInfo } from '../../core/agent-event.ts';
import { AppError } from '../../core/errors.ts';
import type { Log } from '../../core/platform.ts';
import { hideSecrets } from '../../kit/child-environment.ts';
import { cliFlags } from '../../kit/cli-flags.ts';
import { modeOf } from '../../kit/modes.ts';
import type { PromptJournal } from '../../kit/prompt-journal.ts';
import { TurnProcessSession } from '../../kit/turn-process/session.ts';
import { cliOf } from './check.ts';
import { MODES } from './modes.ts';
import type { GeminiOptions } from './options.ts';
import { judge, startError } from './outcome.ts';
import { streamCommand } from './stream-argv.ts';
import { StreamReader } from './stream-events.ts';

/** Lines that the CLI writes to stderr at every start. */
const NOISE =
  /^(Warning: |Ripgrep is not available|\[STARTUP\]|YOLO mode is enabled|Loaded cached credentials|\s+at )/;

export interface StreamSpec {
  readonly options: GeminiOptions;
  readonly spec: SessionSpec;
  readonly env: Readonly<Record<string, string>>;
  readonly model: string | undefined;
  /** The models on offer; no line of this format tells them. */
  readonly models: (signal: AbortSignal) => Promise<readonly ModelInfo[]>;
  readonly kept: { readonly store: AgentStore; readonly journal: PromptJournal };
  readonly log: Log;
}

/** A conversation of `gemini --output-format stream-json`: a process for every turn. */
export async function openStreamSession(
  { options, spec, env, model, models, kept, log }: StreamSpec,
  signal: AbortSignal,
): Promise<TurnProcessSession<AgentMode>> {
  const mode = modeOf('Gemini CLI', MODES, spec.mode ?? options.mode);
  const flags = await cliFlags({ ...cliOf(options), env }, ['--help'], signal);
  if (flags !== undefined && !flags.has('--output-format')) throw tooOld();
  return TurnProcessSession.open(
    {
      label: 'Gemini CLI',
      command: options.command,
      args: options.args,
      session: spec,
      env,
      settings: { mode, model, effort: undefined },
      modes: MODES,
      reader: new StreamReader(spec.resume),
      turn: async (prompt, settings, nativeId) => {
        // A conversation whose first turn failed is not on disk: the next turn begins it anew.
        const known = nativeId !== undefined && (await kept.store.has(spec.workDir, nativeId));
        return streamCommand(prompt, settings, known ? nativeId : undefined, spec.workDir, flags);
      },
      models,
      judge,
      journal: kept.journal,
      startError: (end) => startError(spec.resume, end),
      ...(options.limitMs === undefined ? {} : { limitMs: options.limitMs }),
      noise: NOISE,
      clean: (text) => hideSecrets(text, env),
      log,
    },
    signal,
  );
}

function tooOld(): AppError {
  return new AppError('agent.start_failed', 'This version of the Gemini CLI knows no --output-format', {
    kind: 'unavailable',
    advice: 'Run `npm install -g @google/gemini-cli`.',
  });
}
