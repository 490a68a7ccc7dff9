import type { NativeId } from '../../core/ids.ts';
import { type Flags, firstKnown } from '../../kit/cli-flags.ts';

/** What one turn of the print mode is asked with. */
export interface PrintTurn {
  readonly prompt: string;
  readonly mode: string;
  readonly model: string | undefined;
  readonly session: NativeId | undefined;
  /** Absolute. */
  readonly workDir: string;
}

/**
 * The arguments of one turn, with the flags that this very program knows. The newer program (`kimi-code`) asks nothing
 * in this mode and refuses `--yolo` with it; the older one (`kimi-cli`) is told by `--print`. The prompt is an argument:
 * neither reads it elsewhere.
 */
export function printArguments(turn: PrintTurn, flags: Flags | undefined): string[] {
  const isOld = flags?.has('--print') === true;
  const args = isOld ? ['--print'] : [];
  args.push('--output-format', 'stream-json');
  const workDir = isOld ? firstKnown(flags, '--work-dir', '-w') : undefined;
  if (workDir !== undefined) args.push(workDir, turn.workDir);
  const resume = firstKnown(flags, '--session', '--resume', '-S', '-r');
  if (turn.session !== undefined && resume !== undefined) args.push(resume, turn.session);
  const model = firstKnown(flags, '--model', '-m');
  if (turn.model !== undefined && model !== undefined) args.push(model, turn.model);
  for (const mode of ['plan', 'quiet']) {
    const flag = firstKnown(flags, `--${mode}`);
    if (turn.mode === mode && flag !== undefined && (isOld || mode === 'plan')) args.push(flag);
  }
  // One word, so that a prompt that begins with a dash stays a prompt.
  args.push(`--prompt=${turn.prompt}`);
  return args;
}
