import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { FormField } from '../../core/card.ts';
import { describeError } from '../../core/errors.ts';
import type { Log } from '../../core/platform.ts';

const SAVE_MS = 300;
const MOST_CHANNELS = 500;
const MOST_ECHOES = 400;
const MOST_FORMS = 200;

/** What the gateway needs to go on where it was. */
export interface GatewaySession {
  readonly id: string;
  readonly resumeUrl: string;
  /** Number of the last event that was dealt with. */
  readonly seq: number;
}

/** A channel in which the bot has been spoken to. */
export interface KnownChannel {
  /** Newest message that was dealt with. */
  readonly last: string;
  /** What was written after this message was told by no session and is not read up on yet. */
  readonly gap?: string;
  /** The server; undefined in direct messages. */
  readonly guild?: string;
  readonly parent?: string;
}

/** A form on a message, and what was chosen in it so far. */
export interface OpenForm {
  readonly fields: readonly FormField[];
  readonly chosen: Readonly<Record<string, readonly string[]>>;
}

interface Stored {
  session?: GatewaySession;
  /** Newest message of any channel that was told. */
  heard?: string;
  /** What was written after this message, and before the session began, it does not tell. */
  since?: string;
  application?: string;
  menu?: string;
  channels: Record<string, KnownChannel>;
  /** Own messages by nonce, as channel and message id. */
  echoes: Record<string, readonly [string, string]>;
  forms: Record<string, OpenForm>;
}

/**
 * What survives a restart, in one small file: the gateway session, the last message seen per channel, own messages
 * by nonce, open forms. All of it is a cache: without the file nothing is answered wrongly.
 */
export class Memory {
  readonly #path: string;
  readonly #log: Log;
  #stored: Stored = { channels: {}, echoes: {}, forms: {} };
  #loaded: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();
  #closed = false;
  /** How many sessions without a past have begun in this life. */
  sessions = 0;

  constructor(path: string, log: Log) {
    this.#path = path;
    this.#log = log;
  }

  load(): Promise<void> {
    this.#loaded ??= this.#read();
    return this.#loaded;
  }

  get session(): GatewaySession | undefined {
    return this.#stored.session;
  }
  set session(session: GatewaySession | undefined) {
    const same = this.#stored.session?.id === session?.id;
    this.#stored.session = session;
    if (same) this.#touch();
    else this.#saveNow();
  }

  /**
   * A session without a past begins. What was written meanwhile in known channels it does not tell, so that is a gap
   * from now on, also for a later life that resumes this session.
   */
  begin(session: GatewaySession): void {
    this.sessions++;
    for (const [id, known] of this.channels())
      this.#stored.channels[id] = { ...known, gap: known.gap ?? known.last };
    // A bot that is new has missed nothing so far.
    this.#stored.heard ??= idAt(Date.now());
    this.#stored.since = this.#stored.heard;
    this.#stored.session = session;
    this.#saveHere();
  }

  /** The last message that was told before the session, or an outage in it, began; undefined before the first one. */
  get since(): string | undefined {
    return this.#stored.since;
  }

  /** All messages up to this one were told and are dealt with, wherever they stand and whoever they are for. */
  hear(id: string): void {
    if (id === '0') return;
    if (this.#stored.heard === undefined || isNewer(id, this.#stored.heard)) this.#stored.heard = id;
  }

  /** From now on a server tells nothing until it is there again. */
  lapse(): void {
    this.#stored.since = this.#stored.heard;
    this.#touch();
  }

  /**
   * A channel in which something may have been said to the bot while no session told of it. False when there is no
   * room left: those in which it was spoken to are worth more.
   */
  wonder(id: string, channel: KnownChannel): boolean {
    if (Object.keys(this.#stored.channels).length >= MOST_CHANNELS) return false;
    this.#stored.channels[id] = channel;
    this.#touch();
    return true;
  }

  /** The gap of a channel is read up to a message, or to its end. */
  filled(id: string, upTo: string | undefined): void {
    const known = this.#stored.channels[id];
    if (!known) return;
    const { gap: _, ...rest } = known;
    this.#stored.channels[id] = upTo === undefined ? rest : { ...rest, gap: upTo };
    this.#touch();
  }

  /** Id of the application, which commands belong to. */
  get application(): string | undefined {
    return this.#stored.application;
  }
  set application(id: string | undefined) {
    this.#stored.application = id;
    this.#touch();
  }

  /** Fingerprint of the published menu. */
  get menu(): string | undefined {
    return this.#stored.menu;
  }
  set menu(mark: string | undefined) {
    this.#stored.menu = mark;
    this.#touch();
  }

  channel(id: string): KnownChannel | undefined {
    return this.#stored.channels[id];
  }

  channels(): readonly (readonly [string, KnownChannel])[] {
    return Object.entries(this.#stored.channels);
  }

  /** Notes the newest message of a channel; older ones change nothing. */
  seen(id: string, channel: KnownChannel): void {
    const before = this.#stored.channels[id];
    if (before && !isNewer(channel.last, before.last)) return;
    renew(this.#stored.channels, id, { ...before, ...channel }, MOST_CHANNELS);
    if (before) this.#touch();
    else this.#saveNow();
  }

  /** Notes a channel that is new, before its first message is dealt with: resolves when that is on disk. */
  async meet(id: string, channel: KnownChannel): Promise<void> {
    if (this.#stored.channels[id] || this.#closed) return;
    this.seen(id, channel);
    await this.#writing;
  }

  forget(id: string): void {
    delete this.#stored.channels[id];
    this.#touch();
  }

  echo(nonce: string): readonly [string, string] | undefined {
    return this.#stored.echoes[nonce];
  }

  echoed(nonce: string, channel: string, message: string): void {
    renew(this.#stored.echoes, nonce, [channel, message], MOST_ECHOES);
    this.#touch();
  }

  form(data: string): OpenForm | undefined {
    return this.#stored.forms[data];
  }

  keepForm(data: string, form: OpenForm): void {
    renew(this.#stored.forms, data, form, MOST_FORMS);
    this.#touch();
  }

  /** Writes what is not written yet. */
  async close(): Promise<void> {
    clearTimeout(this.#timer);
    if (this.#timer !== undefined) this.#save();
    this.#timer = undefined;
    this.#closed = true;
    await this.#writing;
  }

  #touch(): void {
    if (this.#closed) return;
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#save();
    }, SAVE_MS).unref();
  }

  /** A new session or channel: without it nothing that comes while we are away can be caught up. */
  #saveNow(): void {
    if (this.#closed) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#save();
  }

  /**
   * Before the next event is read. What a session tells, direct messages above all, cannot be asked for by a later life
   * that does not know the session. This happens once for each session, so that the loop may wait for it.
   */
  #saveHere(): void {
    try {
      mkdirSync(dirname(this.#path), { recursive: true, mode: 0o700 });
      const part = `${this.#path}.now`;
      writeFileSync(part, JSON.stringify(this.#stored), { mode: 0o600 });
      renameSync(part, this.#path);
    } catch (error) {
      this.#notWritten(error);
    }
    // A write of an older state may be on its way.
    this.#saveNow();
  }

  #notWritten(error: unknown): void {
    this.#log.warn({ error: describeError(error) }, 'the memory of the connection could not be written');
  }

  #save(): void {
    const text = JSON.stringify(this.#stored);
    this.#writing = this.#writing
      .then(async () => {
        await mkdir(dirname(this.#path), { recursive: true, mode: 0o700 });
        const part = `${this.#path}.part`;
        await writeFile(part, text, { mode: 0o600 });
        await rename(part, this.#path);
      })
      .catch((error: unknown) => this.#notWritten(error));
  }

  async #read(): Promise<void> {
    let text: string;
    try {
      text = await readFile(this.#path, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT')
        this.#log.warn({ error: describeError(error) }, 'the memory of the connection could not be read');
      return;
    }
    try {
      const stored = JSON.parse(text) as Partial<Stored>;
      this.#stored = {
        ...stored,
        channels: stored.channels ?? {},
        echoes: stored.echoes ?? {},
        forms: stored.forms ?? {},
      };
    } catch (error) {
      this.#log.warn(
        { error: describeError(error) },
        'the memory of the connection is damaged and starts anew',
      );
    }
  }
}

/** Ids are numbers that rise with time. */
export function isNewer(id: string, than: string): boolean {
  return id.length === than.length ? id > than : id.length > than.length;
}

/** The id right before this one. */
export function idBefore(id: string): string {
  return String(BigInt(id) - 1n);
}

/** Discord counts from the first second of 2015. */
const EPOCH_MS = 1_420_070_400_000;

/** The first id of a time, in ms since 1970. */
export function idAt(ms: number): string {
  return String(BigInt(Math.max(0, ms - EPOCH_MS)) << 22n);
}

/** Puts an entry last and drops the first ones beyond the bound. */
function renew<T>(record: Record<string, T>, id: string, value: T, most: number): void {
  // A leading letter would not matter: ids are too long to be array indices, so insertion order holds.
  delete record[id];
  record[id] = value;
  const keys = Object.keys(record);
  for (const old of keys.slice(0, Math.max(0, keys.length - most))) delete record[old];
}
