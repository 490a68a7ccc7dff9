import type { User } from '@grammyjs/types';
import { TelegramSim } from '../../sim/telegram/simulator.ts';
import type { Dice } from '../dice.ts';
import { Interruptions } from '../interruptions.ts';
import type { Place, Seen } from '../place.ts';
import type { World } from '../world.ts';

/** The simulated Telegram: a private chat, and a second one that may be a group. */
export class TelegramWorld implements World {
  readonly platform = 'telegram';
  readonly delivery = 'probe';
  readonly holds = false;
  readonly places: readonly TelegramPlace[];
  readonly #sim: TelegramSim;
  readonly #cuts = new Interruptions(() => this.#sim.cutConnections());

  private constructor(sim: TelegramSim, number: number, group: boolean) {
    this.#sim = sim;
    this.places = [new TelegramPlace(sim, number, false), new TelegramPlace(sim, number + 1, group)];
  }

  static async start(number: number, dice: Dice): Promise<TelegramWorld> {
    return new TelegramWorld(await TelegramSim.start(), number, dice.chance(0.5));
  }

  get options() {
    const people = this.places.map(({ userId }) => userId).join();
    return {
      token: this.#sim.token,
      api_base: this.#sim.url,
      allow_from: people,
      enable_reactions: true,
    };
  }

  get pending(): number {
    return this.#sim.pendingUpdates;
  }

  misbehave(dice: Dice): void {
    this.#sim.faults.random({
      seed: dice.seed(),
      swallow: dice.between(0, 6) / 100,
      reset: dice.between(0, 4) / 100,
      rateLimit: dice.between(0, 3) / 100,
      html: dice.between(0, 4) / 100,
      delay: dice.between(0, 10) / 100,
      duplicate: dice.between(0, 20) / 100,
      poll: {
        swallow: dice.between(0, 10) / 100,
        reset: dice.between(0, 10) / 100,
        rateLimit: dice.between(0, 6) / 100,
        html: dice.between(0, 10) / 100,
        delay: dice.between(0, 20) / 100,
      },
    });
    this.#sim.faults.reorder = dice.chance(0.5);
    if (dice.chance(0.3)) this.#cuts.start(dice);
  }

  calm(): void {
    this.#cuts.stop();
    this.#sim.faults.clear();
  }

  stranger(): void {
    const eve = this.#sim.addPrivateChat({ id: 666, name: 'Eve' });
    this.#sim.userSends(eve, eve.id, 'let me in');
  }

  deafen(): void {
    this.#sim.deafenPoll();
  }

  async close(): Promise<void> {
    this.#cuts.stop();
    await this.#sim.close();
  }
}

export class TelegramPlace implements Place {
  readonly asksByButtons = true;
  readonly name: string;
  readonly #sim: TelegramSim;
  readonly #user: User;
  readonly #chat: number;
  readonly #group: boolean;
  #albums = 0;

  constructor(sim: TelegramSim, number: number, group: boolean) {
    this.#sim = sim;
    this.#group = group;
    const id = 500 + number;
    this.#user = sim.addPrivateChat({ id, name: `Person${number}`, language: 'en' });
    this.#chat = group ? -1_000_000_000_000 - number : id;
    if (group) sim.addGroup(this.#chat, `Group ${number}`);
    this.name = `telegram ${group ? 'group' : 'chat'} ${number}`;
  }

  get chat(): string {
    return String(this.#chat);
  }

  get userId(): string {
    return String(this.#user.id);
  }

  say(text: string): string {
    return String(this.#sim.userSends(this.#user, this.#chat, this.#addressed(text)).message);
  }

  /** Changes a message that was written. */
  edit(message: string, text: string): void {
    this.#sim.userEdits(this.#user, this.#chat, Number(message), text);
  }

  album(caption: string): string[] {
    this.#albums += 1;
    const group = `album-${this.#chat}-${this.#albums}`;
    return [caption, ''].map((text, at) => {
      const file = this.#sim.addFile(`p${at}.jpg`, Buffer.from([0xff, 0xd8, 0xff, 0xe0, at]), 'image/jpeg');
      const photo = [{ file_id: file.id, file_unique_id: `u${file.id}`, file_size: 5, width: 1, height: 1 }];
      const sent = this.#sim.userSends(this.#user, this.#chat, {
        text: text === '' ? '' : this.#addressed(text),
        extra: { photo, media_group_id: group },
      });
      return String(sent.message);
    });
  }

  press(message: Seen, label: string): void {
    // The daemon may be dead when the press would have to be answered; people press again.
    this.#sim.press(this.#user, this.#chat, Number(message.id), label, 60_000).catch(() => undefined);
  }

  seen(): readonly Seen[] {
    return this.#sim.botMessages(this.#chat).map((message) => ({
      id: String(message.id),
      text: message.text,
      replyTo: message.replyTo === undefined ? undefined : String(message.replyTo),
      buttons: message.markup?.inline_keyboard.flat().map((button) => button.text) ?? [],
      generating: false,
    }));
  }

  signs(): readonly string[] {
    return this.#sim
      .messages(this.#chat)
      .filter((message) => message.reactions.length > 0)
      .map((message) => String(message.id));
  }

  #addressed(text: string): string {
    if (!this.#group) return text;
    return text.startsWith('/') ? text.replace(/^\/\w+/, (word) => `${word}@sim_bot`) : `@sim_bot ${text}`;
  }
}
