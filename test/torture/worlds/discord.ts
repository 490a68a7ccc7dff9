import { DiscordSim, type SimChannel } from '../../sim/discord/sim.ts';
import type { Wire } from '../../sim/discord/validate.ts';
import type { Dice } from '../dice.ts';
import { Interruptions } from '../interruptions.ts';
import type { Place, Seen } from '../place.ts';
import type { World } from '../world.ts';

/** The simulated Discord: a direct message, and a second one that may be a channel of a server. */
export class DiscordWorld implements World {
  readonly platform = 'discord';
  readonly delivery = 'keyed';
  readonly holds = false;
  readonly pending = 0;
  readonly places: readonly Place[];
  readonly #sim: DiscordSim;
  readonly #cuts = new Interruptions(() => this.#sim.gateway.cut());

  private constructor(sim: DiscordSim, number: number, server: boolean) {
    this.#sim = sim;
    this.places = [new DiscordPlace(sim, number, false), new DiscordPlace(sim, number + 1, server)];
  }

  static async start(number: number, dice: Dice): Promise<DiscordWorld> {
    const sim = await new DiscordSim().start();
    sim.gateway.holdEarly = true;
    // A busy machine is no dead connection.
    sim.gateway.heartbeatMs = 600;
    return new DiscordWorld(sim, number, dice.chance(0.5));
  }

  get options() {
    return { token: this.#sim.token, api_url: this.#sim.url, allow_from: '*', reaction_emoji: '👀' };
  }

  misbehave(dice: Dice): void {
    this.#sim.chance({
      seed: dice.seed(),
      swallow: dice.between(0, 5) / 100,
      reset: dice.between(0, 4) / 100,
      html: dice.between(0, 4) / 100,
      delay: dice.between(0, 10) / 100,
      rateLimit: dice.between(0, 3) / 100,
      duplicate: dice.between(0, 20) / 100,
    });
    // What is said in a direct chat the bot has never answered in cannot be asked for without a session.
    const known = () =>
      this.places.every(
        ({ chat }) =>
          this.#sim.channels.get(chat)?.guild !== undefined ||
          this.#sim.calls.some(({ path }) => path.includes(chat)),
      );
    if (dice.chance(0.3)) this.#sim.gateway.forgetSessions = known;
    if (dice.chance(0.3)) this.#cuts.start(dice);
  }

  calm(): void {
    this.#cuts.stop();
    this.#sim.chance(undefined);
    this.#sim.gateway.forgetSessions = false;
  }

  async close(): Promise<void> {
    this.#cuts.stop();
    await this.#sim.close();
  }
}

class DiscordPlace implements Place {
  readonly asksByButtons = false;
  readonly name: string;
  readonly #sim: DiscordSim;
  readonly #user: Wire;
  readonly #channel: SimChannel;

  constructor(sim: DiscordSim, number: number, server: boolean) {
    this.#sim = sim;
    this.#user = sim.user(`4100000000000005${String(number).padStart(2, '0')}`, `Person${number}`);
    this.#channel = server
      ? sim.channel({ type: 0, guild: sim.guild, name: `general-${number}` })
      : sim.channel({ type: 1, name: 'dm' });
    this.name = `discord ${server ? 'channel' : 'chat'} ${number}`;
  }

  get chat(): string {
    return this.#channel.id;
  }

  say(text: string): string {
    return this.#sim.says(this.#channel, this.#user, this.#addressed(text)).id;
  }

  album(caption: string): string[] {
    const attachments = [0, 1].map((at) =>
      this.#sim.attachment(`p${at}.jpg`, Buffer.from([0xff, 0xd8, 0xff, 0xe0, at]), 'image/jpeg'),
    );
    return [this.#sim.says(this.#channel, this.#user, this.#addressed(caption), { attachments }).id];
  }

  press(message: Seen, label: string): void {
    this.#sim.press(this.#channel, this.#user, message.id, label).catch(() => undefined);
  }

  seen(): readonly Seen[] {
    return this.#sim.botMessages(this.chat).map((message) => ({
      id: message.id,
      ...this.#sim.seen(message),
      replyTo: (message.extra.message_reference as Wire | undefined)?.message_id as string | undefined,
      generating: false,
    }));
  }

  signs(): readonly string[] {
    return this.#channel.messages.filter(({ reactions }) => reactions.length > 0).map(({ id }) => id);
  }

  #addressed(text: string): string {
    return this.#channel.guild === undefined ? text : `<@${this.#sim.botId}> ${text}`;
  }
}
