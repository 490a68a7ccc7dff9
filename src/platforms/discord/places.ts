import type { GatewayDispatchPayload } from 'discord.js';

const MOST = 5_000;

interface Place {
  readonly guild: string;
  /** Set for threads: the channel they hang on. */
  readonly parent?: string;
  /** Who opened a thread. */
  readonly owner?: string;
}

type Wire = Readonly<Record<string, unknown>>;

/** What the gateway tells of channels, threads and roles: enough to know threads and the bot's own role. */
export class Places {
  readonly #bot: string;
  readonly #places = new Map<string, Place>();
  readonly #roles = new Set<string>();
  /** Servers whose roles have been told. */
  readonly #servers = new Set<string>();

  constructor(bot: string) {
    this.#bot = bot;
  }

  /** Ids of roles that mean the bot: Discord gives each bot one of its own in every server. */
  get roles(): ReadonlySet<string> {
    return this.#roles;
  }

  get(channel: string): Place | undefined {
    return this.#places.get(channel);
  }

  knowsRoles(guild: string): boolean {
    return this.#servers.has(guild);
  }

  /** The roles of a server, as they were asked for. */
  learnRoles(guild: string, roles: unknown): void {
    this.#servers.add(guild);
    for (const role of list(roles)) this.#role(record(role));
  }

  /** True for threads the bot has opened itself. */
  isOwnThread(channel: string): boolean {
    const place = this.#places.get(channel);
    return place?.parent !== undefined && place.owner === this.#bot;
  }

  learn(event: GatewayDispatchPayload): void {
    const data = record(event.d);
    switch (event.t as string) {
      case 'GUILD_CREATE': {
        const guild = word(data.id);
        if (guild === undefined) return;
        for (const entry of [...list(data.channels), ...list(data.threads)])
          this.learnChannel(record(entry), guild);
        this.learnRoles(guild, data.roles);
        return;
      }
      case 'GUILD_ROLE_CREATE':
      case 'GUILD_ROLE_UPDATE':
        this.#role(record(data.role));
        return;
      case 'THREAD_CREATE':
      case 'THREAD_UPDATE':
      case 'CHANNEL_CREATE':
      case 'CHANNEL_UPDATE':
        this.learnChannel(data, word(data.guild_id));
        return;
      case 'THREAD_LIST_SYNC':
        for (const entry of list(data.threads)) this.learnChannel(record(entry), word(data.guild_id));
        return;
      case 'THREAD_DELETE':
      case 'CHANNEL_DELETE':
        this.#places.delete(word(data.id) ?? '');
    }
  }

  /** A channel or thread as the service describes it. */
  learnChannel(data: Wire, guild: string | undefined): void {
    const id = word(data.id);
    if (id === undefined || guild === undefined) return;
    const thread = [10, 11, 12].includes(Number(data.type));
    this.#places.delete(id);
    this.#places.set(id, {
      guild,
      ...(thread ? { parent: word(data.parent_id), owner: word(data.owner_id) } : {}),
    });
    if (this.#places.size > MOST) for (const old of this.#places.keys()) if (this.#places.delete(old)) break;
  }

  #role(role: Wire): void {
    const id = word(role.id);
    if (id !== undefined && word(record(role.tags).bot_id) === this.#bot) this.#roles.add(id);
  }
}

export function record(value: unknown): Wire {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Wire) : {};
}
export function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
export function word(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
