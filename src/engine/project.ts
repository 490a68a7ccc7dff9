import type { Address } from '../core/address.ts';
import { describeError } from '../core/errors.ts';
import type { AccountId, SessionKey } from '../core/ids.ts';
import type { Action, Inbound, InputVerdict, MigrateInbound, Sender } from '../core/inbound.ts';
import type { ActionReply, Suggestion, TypedCommand } from '../core/platform.ts';
import type { InputRow } from '../store/rows.ts';
import { Access } from './access.ts';
import { SessionActor } from './actor.ts';
import { Actors } from './actors.ts';
import { ApprovalDesk } from './approval-desk.ts';
import { expireStaged } from './attachments.ts';
import { CommandRunner } from './command-runner.ts';
import { suggestionsFor } from './command-suggestions.ts';
import type { CommandTable } from './command-table.ts';
import { Intake, type IntakeDeps } from './intake.ts';
import { migrateChat } from './migrate.ts';
import { expireOutgoing } from './outgoing-copies.ts';
import { Pairing } from './pairing.ts';
import type { ProjectContext } from './project-context.ts';
import type { ProjectParts } from './project-parts.ts';
import { Recovery } from './recovery.ts';
import type { RouteRules } from './routing/rules.ts';
import type { Sharer } from './routing/sharer.ts';
import { TurnedAway } from './turned-away.ts';

const sweepEveryMs = 3_600_000;

/** One configured project at work: its actors, and the sinks its platforms report to. */
export class Project {
  readonly context: ProjectContext;
  readonly access: Access;
  readonly pairing: Pairing;
  readonly desk: ApprovalDesk;
  readonly commands: CommandRunner;
  private readonly intake: Intake;
  private readonly turnedAway: TurnedAway;
  private readonly deps: IntakeDeps;
  private readonly actors: Actors;
  private sweeping: NodeJS.Timeout | undefined;

  constructor(context: ProjectContext, table: CommandTable) {
    this.context = context;
    this.access = new Access(context);
    this.pairing = new Pairing(context, this.access);
    this.desk = new ApprovalDesk(context);
    this.commands = new CommandRunner(context, this.access, table);
    const parts: ProjectParts = { desk: this.desk, commands: this.commands };
    this.commands.connect(parts);
    this.actors = new Actors((key) => new SessionActor(context, parts, key));
    this.deps = {
      context,
      parts,
      access: this.access,
      pairing: this.pairing,
      actorFor: (key) => this.actorFor(key),
      knownActor: (key) => this.actors.known(key),
      migrate: (inbound) => this.migrate(inbound),
    };
    this.intake = new Intake(this.deps);
    this.turnedAway = new TurnedAway(context);
  }

  /** Recovers what an earlier life left; platforms may be started before, inputs queue behind it. */
  async recover(): Promise<void> {
    const recovery = new Recovery({
      context: this.context,
      parts: { desk: this.desk, commands: this.commands },
      actorFor: (key) => this.actorFor(key),
      dispatch: (actor, row) => this.intake.dispatch(actor, row),
      control: (row) => this.replay(row),
    });
    await recovery.run();
    this.nameThePaired();
    void this.sweep();
    this.sweeping = setInterval(() => void this.sweep(), sweepEveryMs);
    this.sweeping.unref();
  }

  /** Something happened at a platform of this project; see `PlatformSink`. */
  input(inbound: Inbound): Promise<InputVerdict> {
    return this.intake.input(inbound);
  }

  /** A button of this project was pressed; see `PlatformSink`. */
  action(action: Action): Promise<ActionReply> {
    return this.intake.action(action);
  }

  /** What may stand behind a command that is being typed; see `PlatformSink`. */
  suggest(typed: TypedCommand): Promise<readonly Suggestion[]> {
    const { context, access, commands } = this;
    const key = context.links.get(typed.address.account)?.platform.sessionKey(typed.address, typed.sender);
    if (key === undefined) return Promise.resolve([]);
    return suggestionsFor({ context, access, table: commands.table }, this.actorFor(key), typed);
  }

  /** This project as one of those behind a bot. */
  sharerOf(account: AccountId, rules: RouteRules): Sharer {
    const { context } = this;
    const keyOf = (address: Address, sender: Sender) =>
      context.links.get(account)?.platform.sessionKey(address, sender);
    return {
      project: context.name,
      get label() {
        return context.agents.first.label;
      },
      rules,
      input: (inbound) => this.input(inbound),
      action: (action) => this.action(action),
      suggest: (typed) => this.suggest(typed),
      allows: (sender) => this.access.isAllowed(account, sender),
      moves: (body) => this.commands.commandIn(body)?.spec.moves === true,
      stops: (body) => this.commands.commandIn(body)?.spec.stops === true,
      isBusy: (address, sender) => {
        const key = keyOf(address, sender);
        return key !== undefined && this.actors.known(key)?.isBusy === true;
      },
      spoke: (to, address) => context.delivery.wake(to, address),
      turnAway: (inbound, reserved) => this.turnedAway.input(inbound, reserved),
      turnAwayAction: (pressed, reserved) => this.turnedAway.action(pressed, reserved),
    };
  }

  actorFor(key: SessionKey): SessionActor {
    return this.actors.of(key);
  }

  /** A session key as it is now: agents that run keep the one of their start. */
  keyNow(key: SessionKey): SessionKey {
    return this.actors.keyNow(key);
  }

  get liveActors(): readonly SessionActor[] {
    return this.actors.all;
  }

  /** Turns are left as they are for the next start to judge; processes end now. */
  async stop(): Promise<void> {
    clearInterval(this.sweeping);
    this.desk.stop();
    const { store, name, log } = this.context;
    // First of all: an agent that is slow to close may outlast the time there is for stopping.
    const recorded = store
      .commit('stoppedInOrder', { project: name })
      .catch((error: unknown) => log.warn({ error: describeError(error) }, 'the stop was not recorded'));
    await Promise.all([recorded, ...this.actors.all.map((actor) => actor.shutdown())]);
  }

  private async replay(row: InputRow): Promise<void> {
    if (row.body.kind === 'migrate') await this.migrate(row.body);
    else await this.intake.replay(row);
  }

  /** Whoever lists people in `allow_from` should know that those paired before still get in. */
  private nameThePaired(): void {
    for (const account of this.context.links.keys()) {
      const people = this.access.pairedBeside(account).map(({ userId }) => userId);
      if (people.length > 0)
        this.context.log.warn(
          { account, people },
          'allow_from does not list these people by id, but they are paired and may write; cc-connect pair revoke ends that',
        );
    }
  }

  private migrate(inbound: MigrateInbound): Promise<void> {
    return migrateChat(this.context, { actors: this.actors, desk: this.desk }, inbound);
  }

  private async sweep(): Promise<void> {
    try {
      await expireStaged(this.context, Date.now());
      await expireOutgoing(this.context, Date.now());
    } catch (error) {
      this.context.log.error({ error: describeError(error) }, 'kept files not swept');
    }
  }
}
