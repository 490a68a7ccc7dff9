import { userInfo } from 'node:os';
import type { Address, MessageRef } from '../../core/address.ts';
import type { PlatformCapabilities } from '../../core/capabilities.ts';
import { AppError, describeError } from '../../core/errors.ts';
import { type AccountId, asId, type SessionKey } from '../../core/ids.ts';
import type { RemoteFile, Sender } from '../../core/inbound.ts';
import type { Outgoing, Part } from '../../core/outgoing.ts';
import type {
  ActivityAbility,
  FilesAbility,
  Finding,
  MenuAbility,
  MenuEntry,
  Platform,
  PlatformContext,
  PlatformSink,
  PreviewAbility,
  PreviewRef,
  PreviewView,
} from '../../core/platform.ts';
import type { ClientFrame, TerminalAttachment, TerminalClient, TerminalFile } from './frames.ts';
import { renderForTerminal, terminalBody } from './render.ts';
import { Room } from './room.ts';
import { stagedCopy } from './staged-copy.ts';

const day = 24 * 60 * 60 * 1000;
const gib = 1024 ** 3;
const sessionName = /^[\p{L}\p{N}._-]{1,64}$/u;

export interface TerminalOptions {
  /** Shown to the person in the first frame. */
  readonly agentLabel?: string;
}

/**
 * The terminals of this machine as a chat platform: one conversation per session name, any number of terminals
 * looking at it. Whoever can open the local socket is the owner, so no further access check applies.
 */
export class TerminalPlatform implements Platform {
  readonly type = 'terminal';
  readonly account: AccountId;
  readonly capabilities: PlatformCapabilities = {
    delivery: { kind: 'keyed', windowMs: 7 * day },
    buttons: true,
    cards: true,
    forms: false,
    editNotifies: true,
    previewPace: { directMs: 60, groupMs: 60 },
    maxUploadBytes: { image: gib, file: gib },
    maxDownloadBytes: gib,
    formattingHint: 'Answers are shown in a terminal: plain Markdown without tables wider than 100 columns.',
  };

  readonly #context: PlatformContext;
  readonly #options: TerminalOptions;
  readonly #rooms = new Map<string, Room>();
  readonly #busy = new Set<string>();
  readonly #sender: Sender;
  #menu: readonly MenuEntry[] = [];
  #sink: PlatformSink | undefined;

  constructor(context: PlatformContext, options: TerminalOptions = {}) {
    this.#context = context;
    this.#options = options;
    this.account = asId(`terminal:${context.project}`);
    this.#sender = { id: 'local', name: userInfo().username };
  }

  async start(sink: PlatformSink): Promise<void> {
    this.#sink = sink;
    sink.state('ready');
  }

  async stop(): Promise<void> {
    this.#sink = undefined;
    for (const room of this.#rooms.values()) room.close();
    this.#rooms.clear();
  }

  /** A terminal needs no far side, so it is never deaf. */
  health(): { lastProgressAt: number; boundMs: number } {
    return { lastProgressAt: performance.now(), boundMs: day };
  }

  sessionKey(address: Address): SessionKey {
    return asId(`terminal:${address.chat}`);
  }

  parseSessionKey(key: string): Address | undefined {
    const name = key.startsWith('terminal:') ? key.slice('terminal:'.length) : '';
    return sessionName.test(name) ? this.#address(name) : undefined;
  }

  render(content: Outgoing): readonly Part[] {
    return [renderForTerminal(content)];
  }

  /** Rejects `network` while no terminal looks; `sink.state('ready')` is called again when one comes. */
  async send(to: Address, part: Part, key: string, signal: AbortSignal): Promise<MessageRef> {
    await this.#room(to.chat).ask({ t: 'message', key, ref: key, body: terminalBody(part) }, signal);
    return { chat: to.chat, message: key };
  }

  async edit(ref: MessageRef, part: Part, signal: AbortSignal): Promise<void> {
    const frame = { t: 'edit' as const, ref: ref.message, body: terminalBody(part) };
    if (!(await this.#room(ref.chat).ask(frame, signal))) throw gone();
  }

  async remove(ref: MessageRef, signal: AbortSignal): Promise<void> {
    const room = this.#room(ref.chat);
    if (room.empty) return;
    await room.ask({ t: 'remove', ref: ref.message }, signal);
  }

  readonly preview: PreviewAbility = {
    open: async (to, view, key) => {
      const ref: PreviewRef = { kind: 'terminal', ref: { chat: to.chat, message: `preview:${key}` } };
      this.#showPreview(ref, view, 0);
      return ref;
    },
    update: async (ref, view, seq) => {
      this.#showPreview(ref, view, seq);
      return undefined;
    },
    finish: async (ref, part, signal) => {
      const place = ref.ref;
      if (!place) return 'resend';
      const room = this.#room(place.chat);
      if (room.empty) return 'resend';
      const known = await room.ask({ t: 'finish', ref: place.message, body: terminalBody(part) }, signal);
      return known ? place : 'resend';
    },
    discard: async (ref) => {
      if (ref.ref) this.#room(ref.ref.chat).tell({ t: 'discard', ref: ref.ref.message });
    },
  };

  readonly activity: ActivityAbility = {
    show: async (to) => {
      this.#busy.add(to.chat);
      this.#room(to.chat).tell({ t: 'activity', on: true });
      return { kind: 'busy', chat: to.chat };
    },
    clear: async (ref) => {
      this.#busy.delete(ref.chat);
      this.#room(ref.chat).tell({ t: 'activity', on: false });
    },
  };

  readonly files: FilesAbility = {
    download: async (file, target, maxBytes, signal) => {
      const path = file.remote.path;
      if (typeof path !== 'string')
        throw new AppError('file_gone', 'the file has no path', { kind: 'not_found' });
      return stagedCopy(path, target, maxBytes, signal);
    },
  };

  readonly menu: MenuAbility = {
    publish: async (entries) => {
      this.#menu = entries;
      for (const room of this.#rooms.values()) room.tell({ t: 'commands', commands: entries });
    },
  };

  async describe(address: Address): Promise<{ title: string; kind: 'direct' }> {
    return { title: `terminal ${address.chat}`, kind: 'direct' };
  }

  async check(): Promise<readonly Finding[]> {
    return [{ level: 'ok', what: 'the terminal chat is served on the local socket' }];
  }

  /**
   * Connects a terminal to the conversation of that name and greets it. What waited for one is delivered next.
   * Throws `validation` for an impossible name and `unavailable` while the platform is not started.
   */
  attach(client: TerminalClient, session = 'default'): TerminalAttachment {
    if (!sessionName.test(session))
      throw new AppError(
        'bad_session_name',
        `"${session}" cannot name a terminal session: use letters, digits, dot, dash`,
        {
          kind: 'validation',
        },
      );
    if (!this.#sink)
      throw new AppError('terminal_not_started', 'the terminal chat is not running', { kind: 'unavailable' });
    const room = this.#room(session);
    client.send({
      t: 'hello',
      project: this.#context.project,
      session,
      sessionKey: `terminal:${session}`,
      commands: this.#menu,
      ...(this.#options.agentLabel === undefined ? {} : { agent: this.#options.agentLabel }),
    });
    if (this.#busy.has(session)) client.send({ t: 'activity', on: true });
    room.join(client);
    this.#sink.state('ready', 'terminal attached');
    return {
      frame: (frame) => this.#frame(client, session, room, frame),
      closed: () => {
        room.leave(client);
        if (room.empty && this.#rooms.get(session) === room) this.#rooms.delete(session);
      },
    };
  }

  #frame(client: TerminalClient, session: string, room: Room, frame: ClientFrame): void {
    if (frame.t === 'ack') {
      room.acknowledge(client, frame.ack, frame.known);
      return;
    }
    this.#take(session, frame).then(
      (result) => client.send({ t: 'result', id: frame.id, ...result }),
      (error: unknown) => {
        this.#context.log.warn({ err: error, input: frame.id }, 'terminal input was not stored');
        client.send({ t: 'result', id: frame.id, verdict: 'failed', detail: describeError(error) });
      },
    );
  }

  async #take(session: string, frame: Exclude<ClientFrame, { t: 'ack' }>) {
    const sink = this.#sink;
    if (!sink)
      throw new AppError('terminal_not_started', 'cc-connect is shutting down', { kind: 'unavailable' });
    const base = {
      dedupeKey: frame.id,
      address: this.#address(session),
      sender: this.#sender,
      at: frame.at,
    };
    if (frame.t === 'stop') return { verdict: await sink.input({ ...base, kind: 'stop' }) };
    if (frame.t === 'input') {
      const files = frame.files?.map(remoteFile);
      return {
        verdict: await sink.input({
          ...base,
          kind: 'message',
          message: frame.id,
          text: frame.text,
          addressed: true,
          ...(files ? { files } : {}),
        }),
      };
    }
    const reply = await sink.action({
      ...base,
      kind: 'action',
      data: frame.data,
      source: { chat: session, message: frame.ref },
      ...(frame.form ? { form: frame.form } : {}),
    });
    return {
      verdict: 'accepted' as const,
      ...(reply.toast === undefined ? {} : { detail: reply.toast }),
      ...(reply.card ? { card: reply.card } : {}),
    };
  }

  #showPreview(ref: PreviewRef, view: PreviewView, seq: number): void {
    if (!ref.ref) return;
    const status = view.status === undefined ? {} : { status: view.status };
    this.#room(ref.ref.chat).tell({
      t: 'preview',
      ref: ref.ref.message,
      seq,
      markdown: view.markdown,
      ...status,
    });
  }

  #address(session: string): Address {
    return { account: this.account, chat: session, direct: true, user: this.#sender.id };
  }

  #room(session: string): Room {
    const known = this.#rooms.get(session);
    if (known) return known;
    const room = new Room();
    this.#rooms.set(session, room);
    return room;
  }
}

function gone(): AppError {
  return new AppError('message_gone', 'no attached terminal shows that message', { kind: 'not_found' });
}

function remoteFile(file: TerminalFile): RemoteFile {
  const kind = (['image', 'audio', 'video'] as const).find((k) => file.mime.startsWith(`${k}/`)) ?? 'file';
  return { kind, remote: { path: file.path }, name: file.name, mime: file.mime, size: file.size };
}
