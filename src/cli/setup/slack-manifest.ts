import { coreCommands } from '../../features/commands/table.ts';
import { slackManifest } from '../../platforms/slack/manifest.ts';
import type { Io } from '../io.ts';

/** Prints the manifest alone, so that it can be piped into a file or the clipboard. */
export function printManifest(name: string | undefined, io: Io): void {
  const commands = coreCommands.map((command) => ({ name: command.name, description: command.summary.en }));
  io.out(JSON.stringify(slackManifest({ ...(name ? { name } : {}), commands }), undefined, 2));
}
