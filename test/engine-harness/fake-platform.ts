import type { Address, MessageRef } from '../../src/core/address.ts';
import type { PlatformCapabilities } from '../../src/core/capabilities.ts';
import type { Card } from '../../src/core/card.ts';
import { type AccountId, asId, type SessionKey } from '../../src/core/ids.ts';
import type { Sender } from '../../src/core/inbound.ts';
import type { JsonObject } from '../../src/core/json.ts';
import type { Outgoing, Part } from '../../src/core/outgoing.ts';
import type { Platform, PreviewAbility } from '../../src/core/platform.ts';

/** One message in the imaginary chat. */
export interface Shown {
  readonly id: string;
  readonly to: Address;
  part: Part;
}

/** A chat in memory: what was sent is looked at with `texts` and `cards`. */
export class FakePlatform implements Platform {
  readonly type = 'fake';
  readonly account = asId<AccountId>('fake:bot');
  capabilities: PlatformCapabilities = {
    delivery: { kind: 'keyed', windowMs: 3_600_000 },
    buttons: true,
    cards: true,
    forms: false,
    editNotifies: true,
    maxUploadBytes: { image: 1_000_000, file: 1_000_000 },
    maxDownloadBytes: 1_000_000,
  };
  readonly shown: Shown[] = [];
  preview: PreviewAbility | undefined;
  files: Platform['files'];
  probe: Platform['probe'];
  activity: Platform['activity'];
  budget: Platform['budget'];
  /** While set, sending rejects with it. */
  broken: Error | undefined;
  private next = 1;
  private readonly byKey = new Map<string, MessageRef>();

  start(): Promise<void> {
    return Promise.resolve();
  }

  stop(): Promise<void> {
    return Promise.resolve();
  }

  health() {
    return { lastProgressAt: performance.now(), boundMs: 60_000 };
  }

  sessionKey(address: Address, sender: Sender): SessionKey {
    return asId(`fake:${address.chat}:${sender.id}`);
  }

  parseSessionKey(key: string): Address | undefined {
    const [type, chat, user] = key.split(':');
    return type === 'fake' && chat ? { account: this.account, chat, user, direct: true } : undefined;
  }

  render(content: Outgoing): readonly Part[] {
    if (content.kind === 'card') {
      const { card } = content;
      return [{ kind: 'card', body: { card: card as unknown as JsonObject }, plain: plainCard(card) }];
    }
    if (content.kind === 'file')
      return [
        { kind: 'file', body: { path: content.file.path }, plain: content.caption ?? content.file.name },
      ];
    const plain = content.footer ? `${content.markdown}\n*${content.footer}*` : content.markdown;
    return [{ kind: 'text', body: { markdown: plain }, plain }];
  }

  send(to: Address, part: Part, key: string): Promise<MessageRef> {
    if (this.broken) return Promise.reject(this.broken);
    const known = this.byKey.get(key);
    if (known) return Promise.resolve(known);
    const id = `m${this.next++}`;
    this.shown.push({ id, to, part });
    const ref = { chat: to.chat, message: id };
    this.byKey.set(key, ref);
    return Promise.resolve(ref);
  }

  edit(ref: MessageRef, part: Part): Promise<void> {
    const message = this.shown.find(({ id }) => id === ref.message);
    if (message) message.part = part;
    return Promise.resolve();
  }

  /** Everything said so far, oldest first. */
  get texts(): string[] {
    return this.shown.map(({ part }) => part.plain);
  }

  get last(): string {
    return this.texts.at(-1) ?? '';
  }

  get cards(): Card[] {
    return this.shown.flatMap(({ part }) =>
      part.kind === 'card' ? [part.body.card as unknown as Card] : [],
    );
  }
}

export function plainCard(card: Card): string {
  const blocks = card.blocks.map((block) => {
    switch (block.kind) {
      case 'text':
        return block.markdown;
      case 'code':
        return block.code;
      case 'fields':
        return block.fields.map(({ label, value }) => `${label}: ${value}`).join('\n');
      case 'note':
        return block.text;
      case 'buttons':
        return block.rows.map((row) => row.map(({ label }) => `[${label}]`).join(' ')).join('\n');
      default:
        return '';
    }
  });
  return [card.title, ...blocks].filter(Boolean).join('\n');
}

/** The payloads of a card's buttons, in order. */
export function buttonsOf(card: Card | undefined): string[] {
  return (card?.blocks ?? []).flatMap((block) =>
    block.kind === 'buttons' ? block.rows.flatMap((row) => row.map(({ data }) => data)) : [],
  );
}

/** A chat that counts messages: texts join up to `most` characters a message; `left` says what may still be sent. */
export function countedChat(
  platform: FakePlatform,
  most: number,
  left: () => number | undefined = () => undefined,
): void {
  platform.capabilities = {
    ...platform.capabilities,
    delivery: { kind: 'blind' },
    budget: { messages: 4, windowMs: 86_400_000 },
  };
  platform.budget = {
    left,
    merge(parts) {
      const merged: Part[] = [];
      for (const part of parts) {
        const last = merged.at(-1);
        const plain = `${last?.plain}\n\n${part.plain}`;
        if (last && plain.length <= most) merged[merged.length - 1] = { kind: 'text', body: {}, plain };
        else merged.push(part);
      }
      return merged;
    },
  };
}
