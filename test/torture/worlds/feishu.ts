import { type FeishuSim, startFeishuSim } from '../../sim/feishu/sim.ts';
import type { Dice } from '../dice.ts';
import { Interruptions } from '../interruptions.ts';
import type { Place, Seen } from '../place.ts';
import type { World } from '../world.ts';

/** The simulated Feishu: a direct chat, and a second one that may be a group. */
export class FeishuWorld implements World {
  readonly platform = 'feishu';
  readonly delivery = 'keyed';
  readonly holds = false;
  readonly places: readonly Place[];
  readonly #sim: FeishuSim;
  readonly #cuts = new Interruptions(() => this.#sim.link.drop());

  private constructor(sim: FeishuSim, number: number, group: boolean) {
    this.#sim = sim;
    this.places = [new FeishuPlace(sim, number, false), new FeishuPlace(sim, number + 1, group)];
  }

  static async start(number: number, dice: Dice): Promise<FeishuWorld> {
    const sim = await startFeishuSim({
      seed: dice.seed(),
      ackTimeoutMs: 700,
      redeliverMs: 200,
      pingIntervalSecs: 2,
    });
    return new FeishuWorld(sim, number, dice.chance(0.5));
  }

  get options() {
    const { appId, appSecret, url } = this.#sim;
    return { app_id: appId, app_secret: appSecret, domain: url, allow_from: '*' };
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
    // Too often: by the gateway, in this chat, and without a word of the service.
    const tooOften = { kind: 'code', status: 400, resetSecs: 1 } as const;
    faults.add({ on: '*', trouble: { ...tooOften, code: 99991400 }, chance: dice.between(0, 3) / 100 });
    faults.add({ on: 'message.', trouble: { ...tooOften, code: 230020 }, chance: dice.between(0, 4) / 100 });
    faults.add({ on: 'card.', trouble: { ...tooOften, code: 200400 }, chance: dice.between(0, 4) / 100 });
    faults.add({ on: '*', trouble: { kind: 'http', status: 429 }, chance: dice.between(0, 3) / 100 });
    faults.add({ on: 'ws.connect', trouble: { kind: 'reset' }, chance: dice.between(0, 30) / 100 });
    Object.assign(faults.events, {
      duplicate: dice.between(0, 20) / 100,
      duplicateNewId: dice.between(0, 20) / 100,
      reorder: dice.between(0, 20) / 100,
      delayMs: dice.between(0, 60),
      fragments: dice.between(1, 3),
    });
    if (dice.chance(0.3)) this.#cuts.start(dice);
  }

  calm(): void {
    this.#cuts.stop();
    this.#sim.faults.clear();
  }

  deafen(): void {
    this.#sim.link.deafen();
  }

  async close(): Promise<void> {
    this.#cuts.stop();
    await this.#sim.close();
  }
}

export class FeishuPlace implements Place {
  readonly asksByButtons = false;
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
