import { resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { AppError } from '../core/errors.ts';
import type { Io } from './io.ts';
import { Command, collect, type DaemonFlags, forDaemon, parse } from './parse.ts';

const mib = 1024 * 1024;
/** A text no chat can hold is a mistake, such as a piped binary. */
const maxStdinBytes = 4 * mib;

interface Flags extends DaemonFlags {
  readonly message?: string;
  readonly stdin?: boolean;
  readonly project?: string;
  readonly session?: string;
  readonly image?: readonly string[];
  readonly file?: readonly string[];
  readonly audio?: readonly string[];
  readonly video?: readonly string[];
  readonly tts?: string;
  readonly cwd?: string;
  readonly workDir?: string;
  readonly atUsers?: string;
  readonly atAll?: boolean;
}

/** `cc-connect send`: from an agent's shell, or a script, into a chat. */
export async function send(argv: readonly string[], io: Io): Promise<number> {
  let flags: Flags | undefined;
  let words: readonly string[] = [];
  const command = definition().action((given: string[], options: Flags) => {
    words = given;
    flags = options;
  });
  const code = await parse(forDaemon(command), argv, io);
  if (code !== undefined || !flags) return code ?? 0;
  await deliver(flags, words, io);
  io.out('Message sent successfully.');
  return 0;
}

function definition(): Command {
  return new Command('send')
    .description('Puts a message, pictures or files into a chat of the running cc-connect.')
    .argument('[words...]', 'the message, when -m is not given')
    .option('-m, --message <text>', 'message text')
    .option('--stdin', 'read the message from standard input')
    .option('-p, --project <name>', 'project (default: CC_PROJECT)')
    .option('-s, --session <key>', 'session key (default: CC_SESSION_KEY)')
    .option('--image <path>', 'picture to send; may be repeated', collect)
    .option('--file <path>', 'file to send; may be repeated', collect)
    .option('--audio <path>', 'audio to send; may be repeated', collect)
    .option('--video <path>', 'video to send; may be repeated', collect)
    .option('--tts <text>', 'text to speak, where a voice is configured')
    .option('--cwd <dir>', 'folder in which the chat goes on')
    .option('--work-dir <dir>', 'same as --cwd')
    .option('--at-users <ids>', 'people to mention, separated by commas')
    .option('--at-all', 'mention everyone');
}

async function deliver(flags: Flags, words: readonly string[], io: Io): Promise<void> {
  const message = await messageOf(flags, words, io);
  const files = await filesOf(flags, io);
  if (message === undefined && flags.tts === undefined && Object.keys(files).length === 0)
    throw new AppError('nothing_to_send', 'nothing to send', {
      kind: 'validation',
      advice: 'give a message with -m, or --image, --file, --audio, --video',
    });
  const { clientDataDir } = await import('./data-dir.ts');
  const { callDaemon } = await import('./client.ts');
  const cwd = flags.cwd ?? flags.workDir;
  await callDaemon(await clientDataDir(flags, io), 'POST', '/send', {
    project: flags.project ?? io.env.CC_PROJECT,
    session_key: flags.session ?? io.env.CC_SESSION_KEY,
    message,
    tts_text: flags.tts,
    cwd: cwd === undefined ? undefined : resolve(io.cwd, cwd),
    ...files,
    at_users: (flags.atUsers ?? '')
      .split(',')
      .map((id) => id.trim())
      .filter((id) => id !== ''),
    at_all: flags.atAll ?? false,
  });
}

async function messageOf(flags: Flags, words: readonly string[], io: Io): Promise<string | undefined> {
  if (flags.stdin) return (await readAll(io.stdin)) || undefined;
  return flags.message ?? (words.length > 0 ? words.join(' ') : undefined);
}

async function readAll(stdin: Readable): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of stdin) {
    const buffer = Buffer.from(chunk);
    bytes += buffer.length;
    if (bytes > maxStdinBytes)
      throw new AppError('message_too_large', 'the message on standard input is larger than 4 MiB', {
        kind: 'validation',
        advice: 'send it as a file with --file',
      });
    chunks.push(buffer);
  }
  return Buffer.concat(chunks).toString('utf8').trim();
}

/** Checked here as well as in the daemon, whose configured limit may be lower. */
async function filesOf(flags: Flags, io: Io): Promise<Record<string, unknown>> {
  const groups = [
    ['images', 'image', flags.image ?? []],
    ['files', 'file', flags.file ?? []],
    ['audios', 'audio', flags.audio ?? []],
    ['videos', 'video', flags.video ?? []],
  ] as const;
  const given = groups.filter(([, , paths]) => paths.length > 0);
  if (given.length === 0) return {};
  const { localFile } = await import('../servers/local/send-body.ts');
  const limit = Number(io.env.CC_MAX_ATTACHMENT_SIZE_MB);
  // Without the variable only the daemon knows the limit.
  const limits = {
    maxFileBytes: Number.isInteger(limit) && limit > 0 ? limit * mib : Number.MAX_SAFE_INTEGER,
  };
  const found: Record<string, unknown> = {};
  for (const [field, kind, paths] of given) {
    found[field] = await Promise.all(
      paths.map(async (path) => {
        const file = await localFile(resolve(io.cwd, path), undefined, undefined, kind, limits);
        return { path: file.path, name: file.name, mime: file.mime };
      }),
    );
  }
  return found;
}
