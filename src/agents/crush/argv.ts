import type { Prompt } from '../../core/agent.ts';
import type { NativeId } from '../../core/ids.ts';
import { type Flags, firstKnown } from '../../kit/cli-flags.ts';
import type { TurnCommand, TurnSettings } from '../../kit/turn-process/spec.ts';

/** One turn of `crush run`; the prompt goes over stdin. `known`: the flags of this very program. */
export function runCommand(
  prompt: Prompt,
  { model, effort }: Pick<TurnSettings, 'model' | 'effort'>,
  resume: NativeId | undefined,
  dataDir: string | undefined,
  known: Flags | undefined,
): TurnCommand {
  const flag = (...names: readonly string[]) => firstKnown(known, ...names) ?? names[0] ?? '';
  // Younger than the others: only where the program lists it.
  const effortFlag = known?.has('--reasoning-effort') ? '--reasoning-effort' : undefined;
  return {
    args: [
      'run',
      flag('--quiet', '-q'),
      ...(dataDir === undefined ? [] : [flag('--data-dir', '-D'), dataDir]),
      // What it approves anyway; some versions ask for it when they work through a server.
      ...(known?.has('--yolo') ? ['--yolo'] : []),
      ...(resume === undefined ? [] : [flag('--session', '-s'), resume]),
      ...(model === undefined ? [] : [flag('--model', '-m'), model]),
      ...(effort === undefined || effortFlag === undefined ? [] : [effortFlag, effort]),
    ],
    input: [prompt.text, ...prompt.images.map(({ path }) => `[image: ${path}]`)]
      .filter((line) => line !== '')
      .join('\n'),
  };
}

/** Without it every message would begin a conversation of its own. */
export function canResume(known: Flags | undefined): boolean {
  return known === undefined || known.has('--session') || known.has('-s');
}
