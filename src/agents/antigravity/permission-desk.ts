import { mkdir, rm } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AgentEventBody, ApprovalAnswer } from '../../core/agent-event.ts';
import { isRecord, json, record, text, type Wire } from '../../kit/acp/wire.ts';
import { MAX_HOOK_BYTES } from '../../kit/hook-line.ts';
import { sortableId } from '../../kit/ids.ts';
import type { TurnDesk } from '../../kit/turn-process/spec.ts';
import { READERS, summaryOf } from './tools.ts';

/** Tells the hook where to ask. */
export const SOCKET_VARIABLE = 'CC_AGY_HOOK_SOCKET';

interface Decision {
  readonly decision: 'allow' | 'deny';
  readonly reason?: string;
}

const OPTIONS = [
  { id: 'allow', label: '', role: 'allow' },
  { id: 'allow_always', label: '', role: 'allow_always' },
  { id: 'deny', label: '', role: 'deny' },
] as const;

/**
 * Where the hook of one conversation asks: a socket in a folder of this user alone. What it sends is what the CLI told
 * it (`{conversationId, stepIdx, toolCall: {name, args}}`), what it gets is what it prints (`{decision, reason}`).
 */
export class PermissionDesk implements TurnDesk {
  readonly folder: string;
  readonly path: string;
  readonly #server: Server;
  readonly #open = new Map<string, { readonly tool: string; decide(decision: Decision): void }>();
  readonly #allowed: Set<string>;
  readonly #sockets = new Set<Socket>();
  #tell: (body: AgentEventBody) => boolean = () => false;
  #asked = 0;

  private constructor(folder: string, allowedTools: readonly string[]) {
    this.folder = folder;
    this.path = process.platform === 'win32' ? `\\\\.\\pipe\\cc-agy-${sortableId()}` : join(folder, 'hook');
    this.#allowed = new Set([...READERS, ...allowedTools]);
    this.#server = createServer({ allowHalfOpen: true }, (socket) => void this.#serve(socket));
  }

  static async listen(allowedTools: readonly string[]): Promise<PermissionDesk> {
    const folder = join(tmpdir(), `cc-agy-${sortableId()}`);
    await mkdir(folder, { mode: 0o700 });
    const desk = new PermissionDesk(folder, allowedTools);
    await new Promise<void>((resolve, reject) => {
      desk.#server.once('error', reject);
      desk.#server.listen(desk.path, resolve);
    });
    // It serves a conversation and must not keep the daemon alive.
    desk.#server.unref();
    return desk;
  }

  open(tell: (body: AgentEventBody) => boolean): void {
    this.#tell = tell;
  }

  answer(wireId: string, answer: ApprovalAnswer): 'taken' | 'stale' {
    const open = this.#open.get(wireId);
    if (open === undefined) return 'stale';
    this.#open.delete(wireId);
    const chosen = answer.kind === 'option' ? answer.optionId : 'deny';
    if (chosen === 'allow_always') this.#allowed.add(open.tool);
    const reason = answer.kind === 'answers' ? undefined : answer.message;
    open.decide(
      chosen === 'allow' || chosen === 'allow_always'
        ? { decision: 'allow' }
        : { decision: 'deny', reason: reason || 'The person said no.' },
    );
    return 'taken';
  }

  withdraw(): AgentEventBody[] {
    const gone = [...this.#open.entries()];
    this.#open.clear();
    return gone.map(([wireId, { decide }]) => {
      decide({ decision: 'deny', reason: 'The turn is over.' });
      return { kind: 'approval_withdrawn', wireId };
    });
  }

  async close(): Promise<void> {
    this.withdraw();
    for (const socket of this.#sockets) socket.destroySoon();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
    await rm(this.folder, { recursive: true, force: true });
  }

  async #serve(socket: Socket): Promise<void> {
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
    // A hook that was killed wants no answer.
    socket.on('error', () => undefined);
    const asked = await readRequest(socket);
    const decision = asked === undefined ? UNREADABLE : await this.#decide(asked, socket);
    socket.end(`${JSON.stringify(decision)}\n`);
  }

  #decide(asked: Wire, socket: Socket): Decision | Promise<Decision> {
    const call = record(asked.toolCall);
    const tool = text(call.name);
    if (tool === undefined) return UNREADABLE;
    if (this.#allowed.has(tool)) return { decision: 'allow' };
    const input = record(call.args);
    const wireId = `hook-${++this.#asked}`;
    const request = {
      kind: 'permission',
      tool,
      summary: summaryOf(input),
      input: json(input),
      options: OPTIONS,
    } as const;
    return new Promise((resolve) => {
      this.#open.set(wireId, { tool, decide: resolve });
      socket.once('close', () => {
        if (this.#open.delete(wireId)) this.#tell({ kind: 'approval_withdrawn', wireId });
        resolve(UNREADABLE);
      });
      if (this.#tell({ kind: 'approval', wireId, request })) return;
      this.#open.delete(wireId);
      resolve({ decision: 'deny', reason: 'No turn is running that could ask.' });
    });
  }
}

const UNREADABLE: Decision = { decision: 'deny', reason: 'The request could not be read.' };

async function readRequest(socket: Socket): Promise<Wire | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  const ended = new Promise<boolean>((resolve) => {
    socket.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes > MAX_HOOK_BYTES) resolve(false);
    });
    socket.once('end', () => resolve(true));
    socket.once('close', () => resolve(false));
  });
  if (!(await ended)) return undefined;
  try {
    const value: unknown = JSON.parse(Buffer.concat(chunks).toString('utf8'));
    return isRecord(value) ? value : undefined;
  } catch {
    // Anybody of this user may write here; what is no request is refused.
    return undefined;
  }
}
