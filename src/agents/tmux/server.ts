import { type ExecFileException, execFile } from 'node:child_process';
import { isAbsolute } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { AppError } from '../../core/errors.ts';

/** How the tmux program is called. */
export interface ServerSpec {
  readonly command: string;
  readonly args: readonly string[];
  readonly socket: string | undefined;
  /** Environment of the client; a server it starts inherits it. */
  readonly env: Readonly<Record<string, string>>;
}

/** Output of one call: the whole screen with its history may be large. */
const MAX_OUTPUT = 256 * 1024 * 1024;
const CALL_MS = 20_000;

/** A tmux server, reached by one short-lived client per call. */
export class TmuxServer {
  readonly #spec: ServerSpec;
  readonly #env: Record<string, string>;

  constructor(spec: ServerSpec) {
    this.#spec = spec;
    // Our own place in a tmux must not redirect the client; the socket is chosen below.
    const { TMUX: _here, TMUX_PANE: _pane, ...env } = spec.env;
    this.#env = env;
  }

  /** One key per server, for what is shared between conversations. */
  get key(): string {
    return `${this.#spec.socket ?? ''}|${this.#env.TMUX_TMPDIR ?? ''}`;
  }

  /** Runs commands as argv. Nothing secret and no text of people goes this way. */
  run(args: readonly string[], input?: string, signal?: AbortSignal): Promise<string> {
    const { command, args: leading, socket } = this.#spec;
    const place = socket === undefined ? [] : [isAbsolute(socket) ? '-S' : '-L', socket];
    // -u: what it prints is UTF-8 whatever the locale.
    const argv = [...leading, '-u', ...place, ...args];
    return new Promise((resolve, reject) => {
      const options = { env: this.#env, maxBuffer: MAX_OUTPUT, timeout: CALL_MS, signal };
      const child = execFile(command, argv, options, (error, stdout, stderr) => {
        if (error === null) resolve(stdout);
        else reject(signal?.aborted ? signal.reason : failure(error, stderr, command));
      });
      // A client that ends before it has read everything says why on stderr.
      child.stdin?.on('error', () => undefined);
      child.stdin?.end(input ?? '');
    });
  }

  /** Runs a script of commands given on stdin, so that its values are in no process list. */
  script(lines: readonly string[], signal?: AbortSignal): Promise<string> {
    const call = () => this.run(['start-server', ';', 'source-file', '-'], `${lines.join('\n')}\n`, signal);
    return call().catch(async (error: Error) => {
      // A server that has just lost its last pane was still going down.
      if (!/server exited|lost server/.test(error.message)) throw error;
      await sleep(300, undefined, { signal });
      return call();
    });
  }
}

/** A value as one word of a tmux script. */
export function quoted(value: string): string {
  const escaped = value
    .replaceAll(/[\\"$~]/g, (char) => `\\${char}`)
    .replaceAll('\n', '\\n')
    .replaceAll('\r', '\\r')
    .replaceAll('\t', '\\t');
  return `"${escaped}"`;
}

/** A value where tmux would expand formats (`#{…}`, `#(…)`). */
export function quotedFormat(value: string): string {
  return quoted(value.replaceAll('#', '##'));
}

function failure(error: ExecFileException, stderr: string, command: string) {
  if (error.code === 'ENOENT') {
    return new AppError('process.not_found', `"${command}" was not found`, {
      kind: 'missing',
      advice: 'Install tmux with the system’s package manager (`apt install tmux`, `brew install tmux`).',
      cause: error,
    });
  }
  const said = stderr.trim() || (error.killed ? 'it did not answer' : error.message);
  return new AppError('tmux.failed', `tmux: ${said}`, { kind: 'unavailable', cause: error });
}

/** Whether a failed call says that no server runs, which means that no pane is there. */
export function isNoServer(error: unknown): boolean {
  return (
    error instanceof AppError &&
    /no server running|error connecting|server exited|lost server|no current target/.test(error.message)
  );
}
