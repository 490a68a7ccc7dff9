import type { Address } from '../../core/address.ts';
import { AppError } from '../../core/errors.ts';
import type { AccountId, ProjectName } from '../../core/ids.ts';
import type { Action, Inbound, InputVerdict, MigrateInbound, Sender } from '../../core/inbound.ts';
import type { ActionReply, Log, Suggestion, TypedCommand } from '../../core/platform.ts';
import type { Queries } from '../../store/queries.ts';
import type { RouteChoices } from './choices.ts';
import { ownerOf } from './owner.ts';
import { decideRoute, pinning, type RouteDecision } from './rules.ts';
import type { Reserved, Sharer } from './sharer.ts';

export interface RouterDeps {
  readonly account: AccountId;
  readonly queries: Queries;
  readonly choices: RouteChoices;
  readonly log: Log;
  /** The projects that take messages now, in the order of the file. */
  sharers(): readonly Sharer[];
  /** Those, and what projects that do not run claim, in the order of the file. */
  candidates?(): readonly (Sharer | Reserved)[];
}

/** Nobody gets it: `teller` takes it in and says so. */
interface TurnedAway {
  readonly teller: Sharer;
  readonly reserved: Reserved;
}

/** Gives everything that happens at one bot to exactly one of the projects behind it. */
export class Router {
  private readonly deps: RouterDeps;
  /** Chats whose project is just being changed: what was written after that waits for it. */
  private readonly moving = new Map<string, Promise<unknown>>();

  constructor(deps: RouterDeps) {
    this.deps = deps;
  }

  /** Calls of one tick stay in one tick, unless a switch of their chat is under way. */
  input(inbound: Inbound): Promise<InputVerdict> {
    return this.inOrder(inbound, async () => this.give(inbound));
  }

  action(action: Action): Promise<ActionReply> {
    return this.inOrder(action, async () => {
      const target = this.target(action);
      return 'teller' in target
        ? target.teller.turnAwayAction(action, target.reserved)
        : target.action(action);
    });
  }

  /** Suggestions of the project that the command would go to. */
  suggest(typed: TypedCommand): Promise<readonly Suggestion[]> {
    const { project, reserved } = this.decide(typed.address, typed.sender);
    if (reserved) return Promise.resolve([]);
    const sharers = this.sharers();
    return (sharers.find((one) => one.project === project) ?? sharers[0]).suggest(typed);
  }

  /** Where a message of this person in this place goes, and why. */
  decide(address: Pick<Address, 'account' | 'chat' | 'thread'>, sender: Sender): RouteDecision {
    const { choices } = this.deps;
    const { chat, thread } = address;
    const formerChats = choices.formerChats(address.account, chat);
    return decideRoute({ chat, thread, formerChats, sender }, this.candidates(), choices.of(address));
  }

  /** The projects that let this person in, in the order of the file. */
  reachable(sender: Sender): readonly Sharer[] {
    return this.deps.sharers().filter((one) => one.allows(sender));
  }

  /** From now on the thread, or the whole chat where none is named, talks to this project; undefined: as configured. */
  choose(
    place: Pick<Address, 'account' | 'chat' | 'thread'>,
    project: ProjectName | undefined,
  ): Promise<void> {
    return this.deps.choices.choose(place, project);
  }

  private give(inbound: Inbound): Promise<InputVerdict> {
    if (inbound.kind === 'migrate') return this.migrate(inbound);
    const target = this.target(inbound);
    const away = 'teller' in target;
    const verdict = away ? target.teller.turnAway(inbound, target.reserved) : target.input(inbound);
    if (inbound.kind === 'message')
      for (const other of this.deps.sharers())
        if (other !== target) other.spoke(this.deps.account, inbound.address);
    return verdict;
  }

  private target(body: Inbound | Action): Sharer | TurnedAway {
    const all = this.sharers();
    const [teller] = all;
    const [only, ...others] = this.candidates();
    if (others.length === 0 && !isReserved(only)) return only;
    const named = (name: string | undefined) => this.candidates().find(({ project }) => project === name);
    const owner = named(ownerOf(this.deps.queries, this.deps.account, body));
    if (owner) return isReserved(owner) ? { teller, reserved: owner } : owner;
    const decision = this.decide(body.address, body.sender);
    const routed = named(decision.project) ?? teller;
    const busy = (one: Sharer) => one.isBusy(body.address, body.sender);
    const stops = (one: Sharer) => body.kind !== 'action' && (body.kind === 'stop' || one.stops(body));
    if (!isReserved(routed)) return !stops(routed) || busy(routed) ? routed : (all.find(busy) ?? routed);
    const movable = !pinning.has(decision.level);
    // What runs here can be stopped, and who was sent to a closed door may choose another one.
    const way =
      all.find((one) => stops(one) && busy(one)) ??
      all.find((one) => movable && one.allows(body.sender) && one.moves(body));
    return way ?? { teller, reserved: { ...routed, movable } };
  }

  /** Every project may have conversations in the chat; each stores the move under a key of its own. */
  private async migrate(inbound: MigrateInbound): Promise<InputVerdict> {
    const { account, choices } = this.deps;
    const [first, ...rest] = this.sharers();
    await choices.moved(account, inbound.fromChat, inbound.address.chat);
    const verdicts = await Promise.all([
      first.input(inbound),
      ...rest.map((one) => one.input({ ...inbound, dedupeKey: `${inbound.dedupeKey} ${one.project}` })),
    ]);
    return verdicts.includes('accepted') ? 'accepted' : (verdicts[0] ?? 'duplicate');
  }

  private inOrder<T>(body: Inbound | Action, work: () => Promise<T>): Promise<T> {
    const { chat } = body.address;
    const before = this.moving.get(chat);
    if (!before && !this.moves(body)) return work();
    const result = before ? before.then(work) : work();
    const tail = result.then(
      () => undefined,
      () => undefined,
    );
    this.moving.set(chat, tail);
    void tail.then(() => {
      if (this.moving.get(chat) === tail) this.moving.delete(chat);
    });
    return result;
  }

  private moves(body: Inbound | Action): boolean {
    if (body.kind === 'migrate') return true;
    if (this.candidates().length < 2) return false;
    const target = this.target(body);
    return !('teller' in target) && target.moves(body);
  }

  private candidates(): readonly [Sharer | Reserved, ...(Sharer | Reserved)[]] {
    const [first, ...rest] = this.deps.candidates?.() ?? [];
    return first ? [first, ...rest] : this.sharers();
  }

  private sharers(): readonly [Sharer, ...Sharer[]] {
    const [first, ...rest] = this.deps.sharers();
    if (!first)
      throw new AppError('unknown_account', `no project takes the messages of ${this.deps.account}`, {
        kind: 'unavailable',
      });
    return [first, ...rest];
  }
}

function isReserved(one: Sharer | Reserved): one is Reserved {
  return 'reserved' in one && one.reserved === true;
}
