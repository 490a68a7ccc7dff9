/** Workspace state: people, channels, messages, files. */

export interface SimFile {
  readonly id: string;
  readonly name: string;
  readonly mime: string;
  bytes: Buffer;
  owner: string;
  shared: { channel: string; ts: string }[];
}

export interface SimMessage {
  readonly channel: string;
  readonly ts: string;
  readonly thread: string | undefined;
  readonly user: string;
  readonly bot: boolean;
  text: string;
  blocks: readonly unknown[];
  metadata: unknown;
  files: SimFile[];
  edited: string | undefined;
  /** Being streamed. */
  streaming?: boolean;
}

export interface SimChannel {
  readonly id: string;
  readonly name: string;
  readonly kind: 'im' | 'channel' | 'group' | 'mpim';
  members: Set<string>;
}

export class World {
  readonly channels = new Map<string, SimChannel>();
  readonly messages: SimMessage[] = [];
  readonly files = new Map<string, SimFile>();
  #count = 0;
  #last = 0;

  /** A new stamp, later than all before it. */
  stamp(): string {
    const micros = Math.max(Date.now() * 1000, this.#last + 1);
    this.#last = micros;
    return `${Math.floor(micros / 1_000_000)}.${String(micros % 1_000_000).padStart(6, '0')}`;
  }

  id(prefix: string): string {
    return `${prefix}${String(++this.#count).padStart(8, '0')}`;
  }

  find(channel: string, ts: string): SimMessage | undefined {
    return this.messages.find((message) => message.channel === channel && message.ts === ts);
  }

  delete(message: SimMessage): void {
    this.messages.splice(this.messages.indexOf(message), 1);
  }

  add(message: Partial<SimMessage> & Pick<SimMessage, 'channel' | 'user'>): SimMessage {
    const whole: SimMessage = {
      ts: this.stamp(),
      thread: undefined,
      bot: false,
      text: '',
      blocks: [],
      metadata: undefined,
      files: [],
      edited: undefined,
      ...message,
    };
    this.messages.push(whole);
    return whole;
  }
}
