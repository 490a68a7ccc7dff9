import { buttonsOf, wordsOf } from '../../sim/slack/blocks.ts';
import { SlackSim } from '../../sim/slack/sim.ts';
import type { SimMessage } from '../../sim/slack/world.ts';
import type { Dice } from '../dice.ts';
import { Interruptions } from '../interruptions.ts';
import type { Place, Seen } from '../place.ts';
import type { World } from '../world.ts';

/** The simulated Slack: a direct message, and a second one that may be a channel, answered in threads. */
export class SlackWorld implements World {
  readonly platform = 'slack';
  readonly delivery = 'probe';
  readonly holds = false;
  readonly places: readonly Place[];
  readonly #sim: SlackSim;
  readonly #cuts = new Interruptions(() => this.#sim.link.drop());

  private constructor(sim: SlackSim, number: number, channel: boolean) {
    this.#sim = sim;
    this.places = [
      new SlackPlace(sim, number, sim.ann, false),
      new SlackPlace(sim, number + 1, sim.ben, channel),
    ];
  }

  static async start(number: number, dice: Dice): Promise<SlackWorld> {
    const sim = await new SlackSim({ ackTimeoutMs: 700, retries: 3 }).start();
    sim.faults.reseed(dice.seed());
    return new SlackWorld(sim, number, dice.chance(0.5));
  }

  get options() {
    const { botToken, appToken, url } = this.#sim;
    return {
      bot_token: botToken,
      app_token: appToken,
      api_url: `${url}/api`,
      allow_from: '*',
      reaction_emoji: 'eyes',
    };
  }

  get pending(): number {
    return this.#sim.link.unacknowledged;
  }

  misbehave(dice: Dice): void {
    const { faults } = this.#sim;
    faults.add({ on: '*', trouble: { kind: 'swallow' }, chance: dice.between(0, 5) / 100 });
    faults.add({ on: '*', trouble: { kind: 'reset' }, chance: dice.between(0, 4) / 100 });
    faults.add({ on: '*', trouble: { kind: 'http', status: 502 }, chance: dice.between(0, 4) / 100 });
    faults.add({ on: '*', trouble: { kind: 'delay', ms: 120 }, chance: dice.between(0, 10) / 100 });
    faults.add({ on: 'chat.', trouble: { kind: 'limit', seconds: 1 }, chance: dice.between(0, 3) / 100 });
    faults.duplicate = dice.between(0, 20) / 100;
    if (dice.chance(0.3)) this.#cuts.start(dice);
  }

  calm(): void {
    this.#cuts.stop();
    this.#sim.faults.clear();
  }

  async close(): Promise<void> {
    this.#cuts.stop();
    await this.#sim.close();
  }
}

class SlackPlace implements Place {
  readonly asksByButtons = false;
  readonly name: string;
  readonly chat: string;
  readonly #sim: SlackSim;
  readonly #user: string;
  readonly #channel: boolean;

  constructor(sim: SlackSim, number: number, user: string, channel: boolean) {
    this.#sim = sim;
    this.#user = user;
    this.#channel = channel;
    this.chat = sim.channel(channel ? 'channel' : 'im');
    this.name = `slack ${channel ? 'channel' : 'chat'} ${number}`;
  }

  say(text: string): string {
    return this.#sim.says(this.chat, text, { user: this.#user, mention: this.#channel }).ts;
  }

  album(caption: string): string[] {
    const files = [0, 1].map((at) =>
      this.#sim.addFile(`p${at}.jpg`, Buffer.from([0xff, 0xd8, 0xff, 0xe0, at]), 'image/jpeg', this.#user),
    );
    return [this.#sim.says(this.chat, caption, { user: this.#user, files, mention: this.#channel }).ts];
  }

  press(message: Seen, label: string): void {
    this.#sim.press(this.chat, message.id, label, this.#user).catch(() => undefined);
  }

  seen(): readonly Seen[] {
    return this.#messages().map((message) => ({
      id: message.ts,
      text: message.blocks.length > 0 ? wordsOf(message.blocks) : message.text,
      replyTo: message.thread,
      buttons: buttonsOf(message.blocks).map(({ label }) => label),
      generating: message.streaming === true,
    }));
  }

  signs(): readonly string[] {
    const { world, reactions, statuses } = this.#sim;
    const mine = (ts: string | undefined) => ts !== undefined && world.find(this.chat, ts) !== undefined;
    const marked = [...reactions].map((name) => name.split(':')[0] ?? '');
    const busy = [...statuses].flatMap(([thread, status]) => (status === '' ? [] : [thread]));
    return [...marked, ...busy].filter(mine);
  }

  #messages(): SimMessage[] {
    return this.#sim.world.messages.filter(
      ({ channel, user }) => channel === this.chat && user === this.#sim.bot,
    );
  }
}
