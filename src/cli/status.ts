import type { DaemonStatus } from '../servers/local/backend.ts';
import { callDaemon } from './client.ts';
import { clientDataDir } from './data-dir.ts';
import type { Io } from './io.ts';
import { Command, type DaemonFlags, forDaemon, parse } from './parse.ts';
import { oneLine, when } from './table.ts';

/** `cc-connect status`. */
export async function status(argv: readonly string[], io: Io): Promise<number> {
  const command = new Command('status')
    .description('Shows what the running cc-connect is doing.')
    .option('--json', 'as JSON')
    .action(async (flags: DaemonFlags & { json?: boolean }) => {
      const dataDir = await clientDataDir(flags, io);
      const found = (await callDaemon(dataDir, 'GET', '/status')) as DaemonStatus;
      io.out(flags.json ? JSON.stringify(found, undefined, 2) : render(found));
    });
  return (await parse(forDaemon(command), argv, io)) ?? 0;
}

function render(found: DaemonStatus): string {
  const lines = [
    `cc-connect ${found.version}, running since ${when(found.startedAt)} (pid ${found.pid})`,
    `Config:   ${found.configFile || '-'}`,
    `Data:     ${found.dataDir}`,
    `Work:     ${found.turnsRunning} running, ${found.inputsQueued} queued, ${found.approvalsOpen} waiting for approval`,
    `Outbox:   ${found.outboxWaiting} waiting, ${found.deadLetters} given up`,
  ];
  for (const project of found.projects) {
    lines.push('', `${project.name} (${project.agent})${project.problem ? `: ${project.problem}` : ''}`);
    for (const platform of project.platforms) {
      const detail = platform.detail ? `: ${platform.detail}` : '';
      const notes = [
        platform.sharedWith.length > 0 ? `shared with ${platform.sharedWith.join(', ')}` : '',
        platform.replaced > 0 ? `silent and connected anew ${platform.replaced}×` : '',
      ].filter(Boolean);
      const more = notes.length > 0 ? ` (${notes.join('; ')})` : '';
      lines.push(`  ${platform.type.padEnd(10)} ${platform.state}${detail}${more}`);
    }
  }
  if (found.inactiveFeatures.length > 0)
    lines.push('', `Configured but not active yet: ${found.inactiveFeatures.join(', ')}`);
  return lines.map(oneLine).join('\n');
}
