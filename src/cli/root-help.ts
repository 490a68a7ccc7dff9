import { commandTable } from './command-table.ts';
import type { Io } from './io.ts';

export function printRootHelp(io: Io): number {
  const commands = Object.entries(commandTable)
    .filter(([, entry]) => entry.summary !== '')
    .map(([name, entry]) => `  ${name.padEnd(12)} ${entry.summary}`);
  io.out(
    [
      'Usage: cc-connect [flags]            run the daemon in the foreground',
      '       cc-connect <command> [flags]  talk to the running daemon',
      '',
      'Flags:',
      '  --config <file>         configuration (default: ./config.toml, then ~/.cc-connect/config.toml)',
      '  --force                 replace the instance that runs with the same data or configuration',
      '  --log-max-size <size>   size at which the log file is rotated: 10MB, 512K or bytes',
      '  --log-max-backups <n>   rotated log files to keep',
      '  --observe               accepted; not active yet',
      '  --observe-channel <id>  accepted; not active yet',
      '  --version, --help',
      '',
      'Commands:',
      ...commands,
      '',
      'Each command explains itself: cc-connect <command> --help',
    ].join('\n'),
  );
  return 0;
}
