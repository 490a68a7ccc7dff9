import { WeixinSim } from '../../sim/weixin/simulator.ts';
import type { Dice } from '../dice.ts';
import type { Place, Seen } from '../place.ts';
import type { World } from '../world.ts';

/** The simulated Weixin: two people who write to the bot. */
export class WeixinWorld implements World {
  readonly platform = 'weixin';
  readonly delivery = 'blind';
  readonly holds = true;
  readonly pending = 0;
  readonly places: readonly Place[];
  readonly #sim: WeixinSim;

  private constructor(sim: WeixinSim, number: number) {
    this.#sim = sim;
    this.places = [new WeixinPlace(sim, number), new WeixinPlace(sim, number + 1)];
  }

  static async start(number: number, _dice: Dice): Promise<WeixinWorld> {
    return new WeixinWorld(await WeixinSim.start({ holdMs: 5000 }), number);
  }

  get options() {
    const { token, url, cdnUrl } = this.#sim;
    return { token, base_url: url, cdn_base_url: cdnUrl, allow_from: '*', long_poll_timeout_ms: 5000 };
  }

  misbehave(dice: Dice): void {
    this.#sim.faults.random({
      seed: dice.seed(),
      swallow: dice.between(0, 5) / 100,
      reset: dice.between(0, 4) / 100,
      html: dice.between(0, 4) / 100,
      delay: dice.between(0, 10) / 100,
      duplicate: dice.between(0, 20) / 100,
    });
    if (dice.chance(0.3)) this.#sim.sendsLeft = dice.between(0, 8);
  }

  calm(): void {
    this.#sim.faults.random(undefined);
    this.#sim.sendsLeft = undefined;
  }

  close(): Promise<void> {
    return this.#sim.close();
  }
}

/** There are no buttons: a card lists its choices by number, and pressing is answering with one. */
class WeixinPlace implements Place {
  readonly asksByButtons = false;
  readonly name: string;
  readonly chat: string;
  readonly #sim: WeixinSim;
  readonly #pressed = new Set<string>();

  constructor(sim: WeixinSim, number: number) {
    this.#sim = sim;
    this.chat = `person${number}@im.wechat`;
    this.name = `weixin chat ${number}`;
  }

  say(text: string): string {
    return this.#sim.personSends(this.chat, text);
  }

  press(message: Seen, label: string): void {
    const number = { type: 1, text_item: { text: String(message.buttons.indexOf(label) + 1) } };
    this.#pressed.add(message.id);
    // A bare number means the newest message.
    const newest = this.#mine().at(-1)?.id === message.id;
    const quote = newest ? {} : { ref_msg: { title: message.text } };
    this.#sim.personSends(this.chat, [{ ...number, ...quote }]);
  }

  seen(): readonly Seen[] {
    return this.#mine().map(({ id, text }) => ({
      id,
      text,
      replyTo: undefined,
      // Nothing takes a choice away that was made.
      buttons: this.#pressed.has(id) ? [] : choicesIn(text),
      generating: false,
    }));
  }

  /** A repeat has the id of what it repeats; here each gets one of its own. */
  #mine() {
    const seen = new Map<string, number>();
    return this.#sim.messages
      .filter(({ to }) => to === this.chat)
      .map((message) => {
        const copies = (seen.get(message.id) ?? 0) + 1;
        seen.set(message.id, copies);
        return copies === 1 ? message : { ...message, id: `${message.id}~${copies}` };
      });
  }

  signs(): readonly string[] {
    return this.#sim.typing.has(this.chat) ? [this.chat] : [];
  }

  unanswered(): ReadonlySet<string> {
    const tries = new Map<string, number>();
    for (const { client } of this.#sim.sends) tries.set(client, (tries.get(client) ?? 0) + 1);
    return new Set([...tries].flatMap(([client, count]) => (count > 1 ? [client] : [])));
  }
}

function choicesIn(text: string): string[] {
  return [...text.matchAll(/^\d+ {2}(.+)$/gm)].map((match) => match[1] ?? '');
}
