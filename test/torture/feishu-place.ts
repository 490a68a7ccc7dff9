import type { FeishuSim } from '../sim/feishu/sim.ts';
import type { Place, Seen } from './place.ts';

/** A direct chat or a group on the simulated Feishu. */
export class FeishuPlace implements Place {
  readonly platform = 'feishu';
  readonly name: string;
  readonly chat: string;
  readonly #sim: FeishuSim;
  readonly #user: string;
  readonly #group: boolean;

  constructor(sim: FeishuSim, number: number, group: boolean) {
    this.#sim = sim;
    this.#group = group;
    this.#user = `ou_person${String(number).padStart(26, '0')}`;
    sim.world.people.set(this.#user, `Person${number}`);
    this.chat = group
      ? sim.group(`oc_group${number}`, `Group ${number}`, [this.#user]).id
      : sim.directChat(this.#user);
    this.name = `feishu ${group ? 'group' : 'chat'} ${number}`;
  }

  say(text: string): string {
    return this.#sim.userSends({
      text,
      user: this.#user,
      ...(this.#group ? { chat: this.chat, mentionBot: true } : {}),
    }).id;
  }

  press(message: Seen, label: string): void {
    this.#sim.press(message.id, label, { user: this.#user }).catch(() => undefined);
  }

  seen(): readonly Seen[] {
    return this.#sim.messages(this.chat).map(({ id, text, replyTo, buttons, generating }) => ({
      id,
      text,
      replyTo,
      buttons,
      generating,
    }));
  }

  signs(): readonly string[] {
    return [...this.#sim.world.reactions.values()]
      .map(({ message }) => message)
      .filter((id) => this.#sim.world.messages.get(id)?.chat === this.chat);
  }
}
