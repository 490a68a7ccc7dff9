import type { Address } from '../../src/core/address.ts';
import { asId, type ProjectName } from '../../src/core/ids.ts';
import type { Inbound, InputVerdict, MessageInbound, Sender } from '../../src/core/inbound.ts';
import type { ActionReply } from '../../src/core/platform.ts';
import { RouteChoices } from '../../src/engine/routing/choices.ts';
import { Router } from '../../src/engine/routing/router.ts';
import { noRules, type RouteRules } from '../../src/engine/routing/rules.ts';
import type { Reserved, Sharer } from '../../src/engine/routing/sharer.ts';
import { alice, Harness, type HarnessOptions } from './harness.ts';

/** Projects behind one bot, each with an agent of its own. */
export class SharedBot {
  readonly projects: Readonly<Record<string, Harness>>;
  readonly router: Router;
  readonly choices: RouteChoices;
  readonly rules = new Map<string, RouteRules>();
  private sharers: readonly Sharer[] = [];
  /** What projects claim that do not run; in front of the others. */
  readonly reserved: Reserved[] = [];
  private next = 1;

  private constructor(projects: readonly [Harness, ...Harness[]]) {
    const [first] = projects;
    this.projects = Object.fromEntries(projects.map((one) => [one.context.name, one]));
    this.choices = new RouteChoices(first.store, first.queries);
    this.router = new Router({
      account: first.platform.account,
      queries: first.queries,
      choices: this.choices,
      log: first.context.log,
      sharers: () => this.sharers,
      candidates: () => [...this.reserved, ...this.sharers],
    });
    for (const one of projects) one.routing = this.router;
    this.behind();
  }

  /** By name, in the order of the file. */
  static async open(options: Readonly<Record<string, HarnessOptions>>): Promise<SharedBot> {
    const opened: Harness[] = [];
    for (const [name, one] of Object.entries(options))
      opened.push(await Harness.open({ ...one, name, beside: opened[0] }));
    const [first, ...rest] = opened;
    if (!first) throw new Error('a bot needs a project');
    return new SharedBot([first, ...rest]);
  }

  project(name: string): Harness {
    const found = this.projects[name];
    if (!found) throw new Error(`no project ${name}`);
    return found;
  }

  get platform() {
    return Object.values(this.projects)[0]?.platform as Harness['platform'];
  }

  /** What the config says of a project from now on. */
  claim(name: string, rules: Partial<RouteRules>): void {
    this.rules.set(name, { ...noRules, ...rules });
    this.behind();
  }

  /** A project that does not run claims this. */
  reserve(name: string, rules: Partial<RouteRules>, allows: Reserved['allows'] = () => true): void {
    const project = asId<ProjectName>(name);
    this.reserved.push({ project, rules: { ...noRules, ...rules }, reserved: true, allows });
  }

  say(text: string, how: Partial<MessageInbound> = {}): Promise<InputVerdict> {
    const message = how.message ?? `in${this.next++}`;
    const sender = how.sender ?? alice;
    return this.router.input({
      kind: 'message',
      dedupeKey: `m:${message}`,
      address: this.place(sender),
      sender,
      at: 0,
      message,
      text,
      addressed: true,
      ...how,
    });
  }

  input(inbound: Inbound): Promise<InputVerdict> {
    return this.router.input(inbound);
  }

  press(data: string, source?: string, sender: Sender = alice): Promise<ActionReply> {
    const address = this.place(sender);
    return this.router.action({
      kind: 'action',
      dedupeKey: `a:${this.next++}`,
      address,
      sender,
      at: 0,
      data,
      source: source === undefined ? undefined : { chat: address.chat, message: source },
    });
  }

  place(sender: Sender = alice, more: Partial<Address> = {}): Address {
    return { account: this.platform.account, chat: 'c1', direct: true, user: sender.id, ...more };
  }

  /** The daemon ends in order and starts again. */
  async restart(): Promise<void> {
    for (const one of Object.values(this.projects)) await one.restart();
    this.behind();
  }

  /** Those made first own what the others use. */
  async close(): Promise<void> {
    for (const one of Object.values(this.projects).reverse()) await one.close();
  }

  private behind(): void {
    this.sharers = Object.values(this.projects).map((one) =>
      one.project.sharerOf(one.platform.account, this.rules.get(one.context.name) ?? noRules),
    );
  }
}
