import type { SessionSpec } from '../../core/agent.ts';
import { AppError } from '../../core/errors.ts';
import type { NativeId } from '../../core/ids.ts';
import type { Log } from '../../core/platform.ts';
import { promptParts } from '../../kit/prompt-parts.ts';
import { TurnProcessSession } from '../../kit/turn-process/session.ts';
import { execArguments } from './exec-argv.ts';
import { ExecReader } from './exec-events.ts';
import { NOISE } from './link.ts';
import { type CodexMode, type Effective, MODES } from './modes.ts';
import type { CodexOptions } from './options.ts';
import { findRollout } from './rollouts.ts';

export interface ExecSpec {
  readonly options: CodexOptions;
  readonly spec: SessionSpec;
  readonly effective: Effective;
  readonly env: Readonly<Record<string, string>>;
  readonly flags: readonly string[];
  readonly clean: (text: string) => string;
  readonly log: Log;
}

/** A conversation of `codex exec`: a process for every turn. Rejects `resume_failed` when it is gone. */
export async function openExecSession(
  { options, spec, effective, env, flags, clean, log }: ExecSpec,
  signal: AbortSignal,
): Promise<TurnProcessSession<CodexMode>> {
  const { resume } = spec;
  if (resume !== undefined && (await findRollout(env, resume)) === undefined) throw resumeFailed(resume);
  return TurnProcessSession.open(
    {
      label: 'Codex',
      command: options.command,
      args: options.args,
      session: spec,
      env,
      settings: effective,
      modes: MODES,
      reader: new ExecReader(resume),
      turn: (prompt, settings, nativeId) => {
        const { text, images } = promptParts(prompt);
        const paths = images.map(({ path }) => path);
        return { args: execArguments(flags, settings, nativeId, paths), input: text };
      },
      noise: NOISE,
      clean,
      log,
    },
    signal,
  );
}

function resumeFailed(resume: NativeId): AppError {
  return new AppError('resume_failed', `Codex cannot resume the conversation ${resume}`, {
    kind: 'not_found',
    advice: 'A new conversation is started.',
  });
}
