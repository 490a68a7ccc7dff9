import { join, resolve } from 'node:path';
import { type FoundConfig, findOrCreateConfig } from './first-start.ts';
import type { Io } from './io.ts';
import { logTarget, parseBackups } from './log-target.ts';
import { ownName } from './own-name.ts';
import { Command, parse } from './parse.ts';
import { Signals } from './signals.ts';
import { parseSize } from './size.ts';

interface Flags {
  readonly config?: string;
  readonly force?: boolean;
  readonly observe?: boolean;
  readonly observeChannel?: string;
  readonly logMaxSize?: number;
  readonly logMaxBackups?: number;
}

/** `cc-connect` without a command: the daemon, in the foreground. */
export async function run(argv: readonly string[], io: Io): Promise<number> {
  let flags: Flags | undefined;
  const command = new Command('cc-connect')
    .option('--config <file>', 'configuration file')
    .option('--force', 'replace the running instance')
    .option('--log-max-size <size>', 'rotate the log file at this size', parseSize)
    .option('--log-max-backups <n>', 'rotated log files to keep', parseBackups)
    .option('--observe', 'not active yet')
    .option('--observe-channel <id>', 'not active yet')
    .allowExcessArguments(false)
    .action((given: Flags) => {
      flags = given;
    });
  const code = await parse(command, argv, io);
  return code ?? runDaemon(flags ?? {}, io);
}

async function runDaemon(flags: Flags, io: Io): Promise<number> {
  const signals = new Signals(io);
  try {
    return await serve(flags, signals, io);
  } finally {
    signals.release();
  }
}

async function serve(flags: Flags, signals: Signals, io: Io): Promise<number> {
  if (flags.observe || flags.observeChannel) io.err('Note: --observe is not active yet in this version.');
  const named = flags.config === undefined ? undefined : resolve(io.cwd, flags.config);
  const found = await findOrCreateConfig(named, io);
  if (found.created) announce(found, io);
  const { openDaemon, usableConfig } = await import('./open-daemon.ts');
  const config = await usableConfig(found.file, io);
  if (flags.force) await (await import('./replace.ts')).replaceRunning(config.data_dir, found.file, io);
  const terminal = io.stdin.isTTY === true && io.stdout.isTTY === true;
  const chatting = terminal && config.projects.every((project) => project.platforms.length === 0);
  const daemon = await openDaemon({
    configFile: found.file,
    log: logTarget(flags, io, chatting ? join(config.data_dir, 'logs', 'cc-connect.log') : undefined),
  });
  const served = signals.serve(daemon);
  if (chatting) {
    const { chatWith } = await import('./chat/command.ts');
    await Promise.race([daemon.ready.then(() => chatWith(daemon.dataDir, {}, io)), served]);
    await daemon.stop('the chat was left');
  } else if (!terminal || found.created) adviseNext(found, daemon.socketPath, io);
  return served;
}

function announce(found: FoundConfig, io: Io): void {
  io.out(`Wrote a first configuration to ${found.file}`);
  io.out(
    found.agent === 'demo'
      ? 'No agent CLI was found on PATH, so it uses the built-in demo agent.'
      : `It uses the agent found on PATH: ${found.agent}.`,
  );
}

function adviseNext(found: FoundConfig, socket: string, io: Io): void {
  io.out('cc-connect is running.');
  if (!found.created) return;
  const name = ownName(io);
  io.out('What next, in another terminal:');
  io.out(`  talk to it:               ${name} chat`);
  io.out(`  connect a chat platform:  ${name} telegram setup  (or feishu, slack, discord, weixin)`);
  io.out(`  see what it does:         ${name} status`);
  io.out(`(commands reach it over ${socket})`);
}
