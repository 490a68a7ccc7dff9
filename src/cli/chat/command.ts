import { join, resolve } from 'node:path';
import { AppError } from '../../core/errors.ts';
import type { AttachTarget, SessionSummary } from '../../servers/local/backend.ts';
import { socketPath } from '../../servers/local/socket-path.ts';
import { callDaemon } from '../client.ts';
import { clientDataDir } from '../data-dir.ts';
import { findOrCreateConfig } from '../first-start.ts';
import type { Io } from '../io.ts';
import { logTarget } from '../log-target.ts';
import { Command, parse } from '../parse.ts';
import { ChatSession, type ChatView } from './chat-session.ts';
import { History } from './history.ts';
import { feedLines, LineView } from './line-view.ts';
import { ScreenView } from './screen-view.ts';

const giveUpAfterMs = 30_000;

interface Flags {
  readonly project?: string;
  readonly session?: string;
  readonly config?: string;
  readonly dataDir?: string;
}

/** `cc-connect chat`: attaches to the running daemon, or runs one as long as the chat lasts. */
export async function chat(argv: readonly string[], io: Io): Promise<number> {
  let flags: Flags | undefined;
  const command = new Command('chat')
    .description('A chat with an agent in this terminal.')
    .option('-p, --project <name>', 'project (may be left out when there is one)')
    .option('-s, --session <name>', 'name of the conversation', 'default')
    .option('--config <file>', 'configuration, when a daemon has to be started')
    .option('--data-dir <dir>', 'data directory of the daemon')
    .action((given: Flags) => {
      flags = given;
    });
  const code = await parse(command, argv, io);
  if (code !== undefined || !flags) return code ?? 0;
  const where = {
    ...(flags.project ? { project: flags.project } : {}),
    ...(flags.session ? { session: flags.session } : {}),
  };
  const dataDir = await dataDirFor(flags, io);
  if (await answers(dataDir)) {
    await chatWith(dataDir, where, io);
    return 0;
  }
  if (flags.dataDir)
    throw new AppError('not_running', `no cc-connect is running in ${dataDir}`, { kind: 'missing' });
  return chatWithOwnDaemon(flags, where, io);
}

async function dataDirFor(flags: Flags, io: Io): Promise<string> {
  if (flags.dataDir || flags.config === undefined) return clientDataDir(flags, io);
  const { usableConfig } = await import('../open-daemon.ts');
  return (await usableConfig(resolve(io.cwd, flags.config), io)).data_dir;
}

async function answers(dataDir: string): Promise<boolean> {
  return callDaemon(dataDir, 'GET', '/status', undefined, 5000).then(
    () => true,
    (error: unknown) => {
      if (error instanceof AppError && error.code === 'not_running') return false;
      throw error;
    },
  );
}

async function chatWithOwnDaemon(flags: Flags, where: AttachTarget, io: Io): Promise<number> {
  const { Signals } = await import('../signals.ts');
  const signals = new Signals(io);
  try {
    const named = flags.config === undefined ? undefined : resolve(io.cwd, flags.config);
    const found = await findOrCreateConfig(named, io);
    if (found.created)
      io.err(`Wrote a first configuration to ${found.file} (agent: ${found.agent ?? 'demo'})`);
    const { openDaemon, usableConfig } = await import('../open-daemon.ts');
    const config = await usableConfig(found.file, io);
    const file = join(config.data_dir, 'logs', 'cc-connect.log');
    const daemon = await openDaemon({
      configFile: found.file,
      log: logTarget({}, io, file),
    });
    const served = signals.serve(daemon);
    try {
      // Before that the socket answers, but the terminal platform has not started.
      await Promise.race([daemon.ready.then(() => chatWith(daemon.dataDir, where, io)), served]);
    } finally {
      await daemon.stop('the chat was left');
    }
    return await served;
  } finally {
    signals.release();
  }
}

/** A chat over the socket until the person leaves or, without a terminal, the input is worked off. */
export async function chatWith(dataDir: string, where: AttachTarget, io: Io): Promise<void> {
  const screen = io.stdin.isTTY === true && io.stdout.isTTY === true;
  return screen ? chatOnScreen(dataDir, where, io) : chatInLines(dataDir, where, io);
}

async function chatOnScreen(dataDir: string, where: AttachTarget, io: Io): Promise<void> {
  const history = await History.load(join(dataDir, 'chat_history'));
  const view = new ScreenView(io, history);
  const session = new ChatSession(socketPath(dataDir), where, view, Number.POSITIVE_INFINITY);
  const left = view.run(session);
  try {
    await session.open();
    await Promise.race([left, session.over]);
  } finally {
    session.leave();
    view.close();
  }
}

async function chatInLines(dataDir: string, where: AttachTarget, io: Io): Promise<void> {
  const view = new LineView(io);
  let sessionKey = '';
  const greeted: ChatView = {
    hello: (hello) => {
      sessionKey = hello.sessionKey;
    },
    show: (showing) => view.show(showing),
    changed: () => {},
  };
  const session = new ChatSession(socketPath(dataDir), where, greeted, giveUpAfterMs);
  await session.open();
  try {
    await Promise.race([
      session.over,
      feedLines({
        session,
        io,
        sessionKey: () => sessionKey,
        sessions: async () => (await callDaemon(dataDir, 'GET', '/sessions')) as readonly SessionSummary[],
      }),
    ]);
  } finally {
    session.leave();
  }
}
