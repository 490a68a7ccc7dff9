import type { Address } from '../core/address.ts';
import type { CatalogueEntry } from '../core/agent.ts';
import type { UsageLimit } from '../core/agent-event.ts';
import type { AccountId, ProjectName } from '../core/ids.ts';
import type { Sender } from '../core/inbound.ts';
import type { Log, Platform } from '../core/platform.ts';
import type { Language } from '../i18n/languages.ts';
import type { TokenBucket } from '../kit/token-bucket.ts';
import type { Queries } from '../store/queries.ts';
import type { Store } from '../store/store.ts';
import type { AgentRoster } from './agent-roster.ts';
import type { AgentSlots } from './agent-slots.ts';
import type { Delivery } from './delivery.ts';
import type { Languages } from './language.ts';
import type { ModelSwitch } from './model-switch.ts';
import type { OpenPreviews } from './preview.ts';
import type { Router } from './routing/router.ts';
import type { ProjectSettings } from './settings.ts';

/** One platform of a project, as configured and connected. */
export interface PlatformLink {
  /** Replaced by a fresh connection when it turned deaf; shared by all projects behind the same bot. */
  readonly platform: Platform;
  readonly allowFrom: string;
  /** Progress messages: one each, one edited, or one card. */
  readonly progressStyle: 'legacy' | 'compact' | 'card';
  /** The person at this platform is the operator; no pairing needed. */
  readonly trusted: boolean;
  /** The agent that people at this platform always speak with. */
  readonly agent?: string;
  /** Limit on what is sent, where the config sets one. */
  readonly outgoing?: TokenBucket;
  /** Last state the adapter reported. */
  readonly state: LinkState;
  /** Which project a chat of this bot talks to; none where the bot belongs to one project by nature. */
  readonly routing?: Router;
}

export interface LinkState {
  readonly is: 'starting' | 'ready' | 'down' | 'denied';
  readonly detail?: string | undefined;
  /** ms since the epoch. */
  readonly since: number;
}

/** What every part of a project's engine works with. One object per project, lives as long as the daemon. */
export interface ProjectContext {
  readonly name: ProjectName;
  settings: ProjectSettings;
  readonly store: Store;
  readonly queries: Queries;
  /** Replaced on reload; running sessions keep theirs until they are idle. */
  agents: AgentRoster;
  readonly slots: AgentSlots;
  readonly modelSwitch: ModelSwitch;
  readonly links: Map<AccountId, PlatformLink>;
  readonly delivery: Delivery;
  readonly previews: OpenPreviews;
  readonly log: Log;
  readonly dataDir: string;
  /** Folder with a `cc-connect` that is this daemon's own; first on the agent's PATH. */
  readonly commandDir: string;
  /** Tools allowed by `/allow`, for sessions started from now on. */
  allowedTools: readonly string[];
  /** Slash commands each agent itself understands, by the agent's name, as far as it has told. */
  readonly nativeCommands: Map<string, ReadonlySet<string>>;
  /** Allowances as each agent told them last, by the agent's name. */
  readonly usageLimits: Map<string, readonly UsageLimit[]>;
  /** Agents that could be set up besides those of the config; loads what it needs when asked. */
  catalogue(): Promise<readonly CatalogueEntry[]>;
  readonly languages: Languages;
  readonly startedAt: number;
}

/** The language to speak to a person; `text` is what they just wrote. */
export function languageFor(
  context: ProjectContext,
  account: AccountId,
  sender: Sender | undefined,
  text?: string,
): Language {
  return context.languages.of(account, sender, context.settings.language, text);
}

/** The platform an address belongs to; undefined after it was removed from the config. */
export function linkOf(context: ProjectContext, address: Address): PlatformLink | undefined {
  return context.links.get(address.account);
}
