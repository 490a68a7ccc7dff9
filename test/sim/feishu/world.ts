/** The state of the simulated service. It lives as long as the simulator, over any number of daemon lives. */
import { randomBytes } from 'node:crypto';

/** An answer that is not `code: 0`. Feishu sends most of them with HTTP 400. */
export class Refusal extends Error {
  readonly code: number;
  readonly status: number;
  constructor(code: number, message: string, status = 400) {
    super(message);
    this.code = code;
    this.status = status;
  }
}

export interface SimMessage {
  readonly id: string;
  readonly chat: string;
  /** open_id of a person, or the app id for the bot. */
  readonly from: string;
  readonly own: boolean;
  type: string;
  /** The content string as given. */
  content: string;
  readonly createdAt: number;
  readonly parent?: string;
  readonly root?: string;
  readonly thread?: string;
  readonly uuid?: string;
  /** Entity behind an interactive message that was sent by card id. */
  cardId?: string;
  deleted: boolean;
  updates: number;
  updatedAt: number;
  readonly mentions?: readonly Mention[];
}

export interface Mention {
  readonly key: string;
  readonly id: { readonly open_id: string; readonly union_id?: string; readonly user_id?: string };
  readonly name: string;
  readonly mentioned_type?: string;
}

export interface SimCard {
  readonly id: string;
  json: Record<string, unknown>;
  sequence: number;
  streaming: boolean;
  message?: string;
  /** Every full text the streaming element has had, with its time. */
  readonly frames: { at: number; text: string; sequence: number }[];
}

export interface SimChat {
  readonly id: string;
  readonly kind: 'p2p' | 'group';
  name: string;
  readonly members: Set<string>;
  botIn: boolean;
}

export interface SimFile {
  readonly key: string;
  readonly kind: 'image' | 'file';
  readonly name: string;
  readonly bytes: Buffer;
  readonly type: string;
}

export interface Reaction {
  readonly id: string;
  readonly message: string;
  readonly emoji: string;
  readonly at: number;
}

export class World {
  readonly chats = new Map<string, SimChat>();
  readonly messages = new Map<string, SimMessage>();
  readonly cards = new Map<string, SimCard>();
  readonly files = new Map<string, SimFile>();
  readonly reactions = new Map<string, Reaction>();
  /** uuid → message, for one hour. */
  readonly uuids = new Map<string, { id: string; at: number }>();
  readonly people = new Map<string, string>();
  #counter = 0;
  #lastTime = 0;

  id(prefix: string): string {
    return `${prefix}${(++this.#counter).toString(16).padStart(8, '0')}${randomBytes(6).toString('hex')}`;
  }

  /** Strictly rising milliseconds, as two messages of one chat have different times. */
  now(): number {
    this.#lastTime = Math.max(Date.now(), this.#lastTime + 1);
    return this.#lastTime;
  }

  chat(id: string): SimChat {
    const chat = this.chats.get(id);
    if (!chat) throw new Refusal(230001, 'invalid receive_id');
    return chat;
  }

  /** The direct chat with a person, made on first use. */
  direct(person: string): SimChat {
    const id = `oc_direct_${person.replace(/^ou_/, '')}`;
    return this.ensureChat(id, 'p2p', this.people.get(person) ?? person, [person]);
  }

  ensureChat(id: string, kind: 'p2p' | 'group', name: string, members: readonly string[]): SimChat {
    const known = this.chats.get(id);
    if (known) {
      for (const member of members) known.members.add(member);
      return known;
    }
    const chat: SimChat = { id, kind, name, members: new Set(members), botIn: true };
    this.chats.set(id, chat);
    return chat;
  }

  message(id: string): SimMessage {
    const message = this.messages.get(id);
    if (!message) throw new Refusal(230001, `message_id ${id} is invalid`);
    if (message.deleted) throw new Refusal(230011, 'The message was withdrawn.');
    return message;
  }

  card(id: string): SimCard {
    const card = this.cards.get(id);
    if (!card) throw new Refusal(200740, `card id ${id} does not exist`);
    return card;
  }
}
