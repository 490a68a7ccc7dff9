import type { ProjectName } from '../core/ids.ts';
import type { Language } from '../i18n/languages.ts';
import type { ReferenceStyle } from '../kit/markdown/file-references.ts';
import type { AgentPin } from './agent-pins.ts';
import type { ModelRoute } from './model-routes.ts';
import type { ModelSwitchSettings } from './model-switch.ts';

/** What people of one kind may do, instead of the project's own rules. */
export interface Role {
  readonly name: string;
  readonly userIds: readonly string[];
  readonly disabledCommands: readonly string[];
  readonly rateLimit: { readonly max: number; readonly windowMs: number } | undefined;
}

/** How a project behaves; replaced as a whole on reload, read at the moment of use. Times in ms, 0 = off. */
export interface ProjectSettings {
  readonly name: ProjectName;
  /** Undefined: detected per user. */
  readonly language: Language | undefined;
  readonly display: {
    readonly mode: 'full' | 'compact' | 'quiet';
    /** `rich`: the steps of a turn and its answer are one message, where the platform has previews. */
    readonly cardMode: 'legacy' | 'rich';
    readonly thinking: boolean;
    readonly tools: boolean;
    /** Characters; 0 = unlimited. */
    readonly thinkingMax: number;
    readonly toolMax: number;
    readonly historyMax: number;
    readonly footer: boolean;
    readonly context: boolean;
    readonly workDir: boolean;
    readonly hideAgentFooter: boolean;
  };
  readonly preview: {
    readonly enabled: boolean;
    readonly disabledPlatforms: readonly string[];
    readonly intervalMs: number;
    readonly minDeltaChars: number;
    readonly maxChars: number;
  };
  /** How file references in answers are shown, for which agent and platform types; `all` stands for every one. */
  readonly references: {
    readonly agents: readonly string[];
    readonly platforms: readonly string[];
    readonly style: Omit<ReferenceStyle, 'workDir'>;
  };
  readonly instantReply: { readonly enabled: boolean; readonly content: string };
  readonly busyMode: 'queue' | 'steer' | 'interrupt' | 'collect';
  readonly collectWindowMs: number;
  readonly queueDepth: number;
  readonly staleAfterMs: number;
  readonly notifyAfterMs: number;
  readonly approvalTimeoutMs: number;
  readonly resetOnIdleMs: number;
  readonly agentIdleCloseMs: number;
  readonly idleTimeoutMs: number;
  readonly maxTurnMs: number;
  readonly rateLimit: { readonly max: number; readonly windowMs: number };
  readonly bannedWords: readonly string[];
  readonly disabledCommands: readonly string[];
  readonly adminFrom: string;
  /** In the order of the config; the first that lists a person counts. */
  readonly roles: readonly Role[];
  readonly defaultRole: string;
  readonly aliases: readonly { readonly name: string; readonly command: string }[];
  /** Which agent serves which models, the first that fits. */
  readonly modelRoutes: readonly ModelRoute[];
  readonly modelSwitch: ModelSwitchSettings | undefined;
  /** Places that are bound to one agent. */
  readonly pins: readonly AgentPin[];
  readonly injectSender: boolean;
  readonly filterExternalSessions: boolean;
  readonly attachmentSend: boolean;
  readonly maxAttachmentBytes: number;
  /** Bytes of staged files kept at most, and for how long. */
  readonly stagingQuotaBytes: number;
  readonly stagingMaxAgeMs: number;
  readonly onInterruptedTurn: 'notify' | 'continue';
  readonly restartGraceMs: number;
  /** Crashes of the daemon with a row in flight before the row is put aside. */
  readonly maxCrashes: number;
}
