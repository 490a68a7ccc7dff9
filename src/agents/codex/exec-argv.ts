import type { NativeId } from '../../core/ids.ts';
import { toml } from './environment.ts';
import type { Effective } from './modes.ts';

/**
 * Arguments of one `codex exec` turn; the prompt goes over stdin. Settings are `-c` flags because `exec resume` takes
 * no others. The images come before another flag: theirs takes any number of values.
 */
export function execArguments(
  flags: readonly string[],
  { mode, model, effort }: Effective,
  resume: NativeId | undefined,
  images: readonly string[],
): string[] {
  const settings = [
    `sandbox_mode=${toml(mode.execSandbox ?? mode.sandbox)}`,
    // Nobody could be asked.
    'approval_policy="never"',
    ...(model === undefined ? [] : [`model=${toml(model)}`]),
    ...(effort === undefined ? [] : [`model_reasoning_effort=${toml(effort)}`]),
  ];
  return [
    'exec',
    ...(resume === undefined ? [] : ['resume']),
    '--skip-git-repo-check',
    ...flags,
    ...settings.flatMap((setting) => ['-c', setting]),
    ...images.flatMap((path) => ['--image', path]),
    '--json',
    ...(resume === undefined ? [] : [resume]),
    '-',
  ];
}
