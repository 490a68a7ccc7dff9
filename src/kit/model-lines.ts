import type { ModelInfo } from '../core/agent-event.ts';
import { AppError } from '../core/errors.ts';
import { askProgram, type CliSpec } from './cli-check.ts';

/**
 * The models that a program lists one a line, as `provider/model`; what else it says is left out. Rejects
 * `agent.models` when it fails.
 */
export async function listedModels(
  cli: CliSpec,
  args: readonly string[],
  signal: AbortSignal,
): Promise<readonly ModelInfo[]> {
  const told = await askProgram(cli, args, signal);
  if (told.code !== 0) {
    const said = told.stderrTail.trim().split('\n').at(-1) ?? '';
    throw new AppError('agent.models', `${cli.label} told no models: ${said || `exit code ${told.code}`}`, {
      kind: 'unavailable',
    });
  }
  const lines = told.stdout.split('\n').map((line) => line.trim());
  return lines.filter((line) => /^[^\s/]+\/\S+$/.test(line)).map((id) => ({ id }));
}
