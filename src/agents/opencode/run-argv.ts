import type { AgentMode, Prompt } from '../../core/agent.ts';
import type { NativeId } from '../../core/ids.ts';
import { type Flags, firstKnown } from '../../kit/cli-flags.ts';
import type { TurnCommand, TurnSettings } from '../../kit/turn-process/spec.ts';

/** One turn of `opencode run --format json`; the prompt goes over stdin. `agent`: one of OpenCode's own agents. */
export function runCommand(
  prompt: Prompt,
  { mode, model, effort }: TurnSettings<AgentMode>,
  resume: NativeId | undefined,
  agent: string | undefined,
  flags: Flags | undefined,
): TurnCommand {
  const actor = agent ?? (mode.id === 'plan' ? 'plan' : undefined);
  // The older flag does the same and is no longer documented.
  const allowAll = firstKnown(flags, '--auto', '--dangerously-skip-permissions');
  const thinking = flags?.has('--thinking') === false ? [] : ['--thinking'];
  return {
    args: [
      'run',
      '--format',
      'json',
      ...thinking,
      ...(resume === undefined ? [] : ['--session', resume]),
      ...(model === undefined ? [] : ['--model', model]),
      ...(effort === undefined ? [] : ['--variant', effort]),
      ...(actor === undefined ? [] : ['--agent', actor]),
      ...(mode.bypass === true && allowAll !== undefined ? [allowAll] : []),
      ...prompt.images.map(({ path }) => `--file=${path}`),
    ],
    // Without any text it would wait for a person.
    input: prompt.text === '' ? 'See the attached files.' : prompt.text,
  };
}
