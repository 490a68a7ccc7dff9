import { dirname, relative } from 'node:path';
import type { AgentMode, Prompt } from '../../core/agent.ts';
import type { NativeId } from '../../core/ids.ts';
import { type Flags, firstKnown } from '../../kit/cli-flags.ts';
import type { TurnCommand, TurnSettings } from '../../kit/turn-process/spec.ts';
import { approvalMode } from './modes.ts';

/** What the CLI's own reading of `@path` takes for the end of a path. */
const SPECIAL = /[\s()[\]{};|*?$`'"#&<>!~\\,]/g;

/**
 * One turn of `gemini --output-format stream-json`. The prompt goes over stdin without `-p`: that flag's text would be
 * added to it. Images are named as `@path`, which the CLI reads; their folders must belong to the workspace.
 */
export function streamCommand(
  prompt: Prompt,
  { mode, model }: TurnSettings<AgentMode>,
  resume: NativeId | undefined,
  workDir: string,
  flags: Flags | undefined,
): TurnCommand {
  const approval = firstKnown(flags, '--approval-mode');
  const paths = prompt.images.map(({ path }) => path);
  const outside = [...new Set(paths.map(dirname))].filter((folder) => isOutside(workDir, folder));
  return {
    args: [
      ...(flags?.has('--output-format') === false ? ['-o'] : ['--output-format']),
      'stream-json',
      ...(model === undefined ? [] : ['--model', model]),
      ...(approval === undefined ? (mode.bypass === true ? ['--yolo'] : []) : [approval, approvalMode(mode)]),
      ...outside.flatMap((folder) => ['--include-directories', folder]),
      ...(resume === undefined ? [] : ['--resume', resume]),
    ],
    input: [prompt.text, ...paths.map((path) => `@${path.replace(SPECIAL, '\\$&')}`)]
      .filter((line) => line !== '')
      .join('\n'),
  };
}

function isOutside(workDir: string, folder: string): boolean {
  const path = relative(workDir, folder);
  return path.startsWith('..') || path === folder;
}
