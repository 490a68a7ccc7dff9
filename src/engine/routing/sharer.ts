import type { Address } from '../../core/address.ts';
import type { AccountId, ProjectName } from '../../core/ids.ts';
import type { Action, Inbound, InputVerdict, Sender } from '../../core/inbound.ts';
import type { ActionReply, Suggestion, TypedCommand } from '../../core/platform.ts';
import type { RouteCandidate, RouteRules } from './rules.ts';

/** One of the projects behind a bot. */
export interface Sharer extends RouteCandidate {
  readonly project: ProjectName;
  /** What answers here, for people to tell projects apart. */
  readonly label: string;
  /** Replaced on reload. */
  rules: RouteRules;
  input(inbound: Inbound): Promise<InputVerdict>;
  action(action: Action): Promise<ActionReply>;
  suggest(typed: TypedCommand): Promise<readonly Suggestion[]>;
  allows(sender: Sender): boolean;
  /** The input decides where later ones of its chat go (`/project`). */
  moves(body: Inbound | Action): boolean;
  /** The input is about what runs (`/stop`). */
  stops(body: Inbound): boolean;
  /** A turn runs in the conversation this place and person belong to. */
  isBusy(address: Address, sender: Sender): boolean;
  /** Somebody has written there: what was held back for that chat may go out. */
  spoke(account: AccountId, address: Address): void;
  /** Takes in for good, and tells in the chat, that nobody gets this: its project does not run. */
  turnAway(inbound: Inbound, reserved: Reserved): Promise<InputVerdict>;
  /** The same for a button. */
  turnAwayAction(action: Action, reserved: Reserved): Promise<ActionReply>;
}

/** What a project that does not run claims of the bot. */
export interface Reserved extends RouteCandidate {
  readonly reserved: true;
  /** The place can be given to another project with `/project`. */
  readonly movable?: boolean;
}
