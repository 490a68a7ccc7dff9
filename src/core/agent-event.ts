import type { NativeId, PromptId } from './ids.ts';
import type { Json, JsonObject } from './json.ts';

/** Token counts and cost of a turn. Absent fields are unknown, not zero. */
export interface Usage {
  readonly inputTokens?: number;
  readonly outputTokens?: number;
  readonly cacheReadTokens?: number;
  readonly cacheWriteTokens?: number;
  /** US dollars for this turn alone. */
  readonly costUsd?: number;
  /** Tokens now in the context and the window's size. */
  readonly contextTokens?: number;
  readonly contextWindow?: number;
}

/** One allowance of the account the agent works with. */
export interface UsageLimit {
  readonly usedPercent: number;
  /** Length of the window it counts in. */
  readonly windowMinutes?: number;
  /** When it is whole again, ms since 1970. */
  readonly resetsAt?: number;
}

export interface ApprovalOption {
  readonly id: string;
  /** As the agent offers it; empty when the engine should use its own translated label for `role`. */
  readonly label: string;
  readonly role: 'allow' | 'allow_always' | 'deny' | 'other';
}

export interface Question {
  readonly id: string;
  readonly header?: string;
  readonly text: string;
  readonly multiple: boolean;
  /** A free-text answer is always possible as well. */
  readonly options: readonly { readonly label: string; readonly description?: string }[];
}

/** What the agent wants to know before it goes on. */
export type ApprovalRequest =
  | {
      readonly kind: 'permission';
      readonly tool: string;
      /** One-line human summary of what would be done. */
      readonly summary: string;
      /** Fuller text (command, diff) as markdown, possibly long. */
      readonly detail?: string;
      readonly input: JsonObject;
      readonly options: readonly ApprovalOption[];
    }
  | { readonly kind: 'question'; readonly tool: string; readonly questions: readonly Question[] }
  | {
      readonly kind: 'plan';
      readonly tool: string;
      readonly plan: string;
      readonly options: readonly ApprovalOption[];
    };

export type ApprovalAnswer =
  | {
      readonly kind: 'option';
      readonly optionId: string;
      readonly input?: JsonObject;
      readonly message?: string;
    }
  /** Answers by question id: chosen labels or free text. */
  | { readonly kind: 'answers'; readonly answers: Readonly<Record<string, readonly string[]>> }
  | { readonly kind: 'deny'; readonly message: string };

export interface ToolCall {
  readonly id: string;
  readonly name: string;
  /** Short human summary of the input (command, path). */
  readonly summary: string;
  /** How to show it: shell → bash fence, diff → diff fence, plain → inline code. */
  readonly form: 'shell' | 'diff' | 'plain';
}

export type TurnOutcome =
  | { readonly status: 'ok' }
  | { readonly status: 'interrupted' }
  | {
      readonly status: 'error';
      readonly message: string;
      readonly code?: 'auth' | 'rate_limit' | 'server' | 'model' | 'context' | 'crash' | 'other';
    };

export type AgentEventBody =
  /** The native id, whenever it becomes known or changes. */
  | { readonly kind: 'session'; readonly nativeId: NativeId; readonly reset?: boolean }
  | {
      readonly kind: 'turn_start';
      readonly origin: 'prompt' | 'background';
      readonly prompts: readonly PromptId[];
    }
  /** A prompt was folded into the running turn. */
  | { readonly kind: 'prompt_folded'; readonly prompt: PromptId }
  /** `delta` adds to the open block; `block` is a whole one that was not streamed. Never both for the same text. */
  | { readonly kind: 'text'; readonly text: string; readonly mode: 'delta' | 'block' }
  /** The streamed text block is complete. `void`: it was cut off and its text comes again; forget what it said. */
  | { readonly kind: 'text_end'; readonly void?: boolean }
  | { readonly kind: 'thinking'; readonly text: string; readonly mode: 'delta' | 'block' }
  | { readonly kind: 'tool_started'; readonly call: ToolCall }
  | { readonly kind: 'tool_output'; readonly id: string; readonly text: string }
  | {
      readonly kind: 'tool_ended';
      readonly id: string;
      readonly ok: boolean;
      readonly output: string;
      readonly exitCode?: number;
    }
  | { readonly kind: 'approval'; readonly wireId: string; readonly request: ApprovalRequest }
  | { readonly kind: 'approval_withdrawn'; readonly wireId: string }
  | {
      readonly kind: 'plan';
      readonly steps: readonly { readonly text: string; readonly state: 'pending' | 'running' | 'done' }[];
    }
  | { readonly kind: 'usage'; readonly usage: Usage }
  /** The account's allowances, each time the agent tells of them. */
  | { readonly kind: 'limits'; readonly limits: readonly UsageLimit[] }
  | {
      readonly kind: 'settings';
      readonly mode?: string;
      readonly model?: string;
      readonly effort?: string;
      readonly commands?: readonly { readonly name: string; readonly description: string }[];
      readonly models?: readonly ModelInfo[];
    }
  /** Number of background tasks that keep the process from being parked, and their names. */
  | { readonly kind: 'background'; readonly running: readonly string[] }
  | { readonly kind: 'notice'; readonly notice: AgentNotice }
  /** Exactly one per turn, also when the process dies. `text` is the agent's own final text if it states one. */
  | {
      readonly kind: 'turn_end';
      readonly prompts: readonly PromptId[];
      readonly outcome: TurnOutcome;
      readonly text?: string;
      readonly usage?: Usage;
    }
  /** The process is gone. Always last; an open turn was ended before it. */
  | {
      readonly kind: 'exit';
      readonly code: number | null;
      readonly signal: string | null;
      readonly detail?: string;
    };

export type AgentNotice =
  | {
      readonly kind: 'retrying';
      readonly attempt: number;
      readonly max: number;
      readonly delayMs: number;
      readonly reason: string;
    }
  | { readonly kind: 'compacting'; readonly done: boolean }
  | { readonly kind: 'denied_by_policy'; readonly tool: string; readonly message: string }
  | { readonly kind: 'skipped_output'; readonly bytes: number }
  | { readonly kind: 'other'; readonly text: string };

export interface AgentEvent {
  /** Rises by one per event of this session object. */
  readonly seq: number;
  /** Tool call under which a sub-agent speaks; its text is not part of the answer. */
  readonly parent?: string;
  readonly body: AgentEventBody;
}

export interface ModelInfo {
  readonly id: string;
  readonly label?: string;
  readonly description?: string;
  readonly efforts?: readonly string[];
}

export type { Json };
