import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';

export interface Said {
  readonly role: 'user' | 'agent';
  readonly text: string;
}

export interface Conversation {
  readonly id: string;
  readonly cwd: string;
  /** ISO 8601. */
  updatedAt: string;
  readonly said: Said[];
}

/** Variable by which the adapter names the folder for conversations. */
export const MEMORY_VARIABLE = 'CC_CONNECT_DEMO_DIR';
const MAX_ENTRIES = 200;

/** The demo agent's conversations, one small JSON file each. */
export class Memory {
  readonly #folder: string;

  constructor(folder = process.env[MEMORY_VARIABLE] ?? join(homedir(), '.cc-connect', 'demo-agent')) {
    this.#folder = folder;
  }

  /** Undefined when there is no such conversation. */
  async load(id: string): Promise<Conversation | undefined> {
    if (!/^[\w-]{1,64}$/.test(id)) return undefined;
    const text = await readFile(this.#path(id), 'utf8').catch(() => undefined);
    if (text === undefined) return undefined;
    try {
      return JSON.parse(text) as Conversation;
    } catch {
      return undefined; // A damaged memory is as good as none.
    }
  }

  async save(conversation: Conversation): Promise<void> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    const said = conversation.said.slice(-MAX_ENTRIES);
    const part = `${this.#path(conversation.id)}.part`;
    await writeFile(part, JSON.stringify({ ...conversation, said }), { mode: 0o600 });
    await rename(part, this.#path(conversation.id));
  }

  async list(cwd: string | undefined): Promise<Conversation[]> {
    const names = await readdir(this.#folder).catch(() => []);
    const ids = names.filter((name) => name.endsWith('.json')).map((name) => name.slice(0, -5));
    const found = await Promise.all(ids.map((id) => this.load(id)));
    return found.filter((item): item is Conversation => item !== undefined && (!cwd || item.cwd === cwd));
  }

  #path(id: string): string {
    return join(this.#folder, `${id}.json`);
  }
}
