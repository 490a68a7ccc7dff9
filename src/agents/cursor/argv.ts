import type { NativeId } from '../../core/ids.ts';
import type { Flags } from '../../kit/cli-flags.ts';
import type { TurnSettings } from '../../kit/turn-process/spec.ts';
import type { CursorMode } from './modes.ts';

/**
 * Arguments of one turn. The prompt is the last of them: print mode documents no other place for it. `known`: the
 * flags of this very program; what came later than the oldest versions is left out where it is not among them.
 */
export function turnArguments(
  prompt: string,
  { mode, model }: TurnSettings<CursorMode>,
  resume: NativeId | undefined,
  workDir: string,
  known: Flags | undefined,
): string[] {
  const has = (flag: string) => known === undefined || known.has(flag);
  return [
    '--print',
    '--output-format',
    'stream-json',
    ...(has('--stream-partial-output') ? ['--stream-partial-output'] : []),
    // Without it a folder that nobody trusted yet is an error when nobody can be asked.
    ...(known?.has('--trust') ? ['--trust'] : []),
    ...mode.flags,
    ...(resume === undefined ? [] : ['--resume', resume]),
    ...(model === undefined ? [] : ['--model', model]),
    ...(has('--workspace') ? ['--workspace', workDir] : []),
    '--',
    prompt,
  ];
}
