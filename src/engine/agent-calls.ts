import type { Agent, AgentStore, PromptOutcome } from '../core/agent.ts';
import { describeError } from '../core/errors.ts';
import type { NativeId, PromptId } from '../core/ids.ts';
import { DeadlineError, withDeadline } from '../kit/deadline.ts';
import type { ProjectContext } from './project-context.ts';

/** How long an agent may look into its own conversations. */
const lookMs = 20_000;
/** How long it may take to hear an answer or a setting. */
const tellMs = 30_000;

/** A look into the agent's own conversations. Rejects with DeadlineError when it takes too long. */
export function look<T>(what: string, task: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  return withDeadline(`the agent's ${what}`, lookMs, signal, task);
}

/** Something told to a running agent. Rejects with DeadlineError when it does not take it. */
export function tell<T>(what: string, task: () => Promise<T>): Promise<T> {
  return withDeadline(`the agent's taking ${what}`, tellMs, undefined, task);
}

/** Whether the agent knows this conversation. Where it does not say so in time, resuming will show. */
export async function knows(
  context: ProjectContext,
  agent: Agent,
  workDir: string,
  id: NativeId,
  signal: AbortSignal,
): Promise<boolean> {
  const { store } = agent;
  if (!store) return true;
  try {
    return await look('list of conversations', () => store.has(workDir, id), signal);
  } catch (error) {
    if (!(error instanceof DeadlineError)) throw error;
    context.log.warn({ native: id, error: describeError(error) }, 'conversation not looked up');
    return true;
  }
}

/** What became of a prompt; `unknown` where the agent does not say so in time. */
export async function outcomeInTime(
  context: ProjectContext,
  store: AgentStore,
  workDir: string,
  id: NativeId | undefined,
  prompt: PromptId,
): Promise<PromptOutcome> {
  try {
    return await look('transcript', async () => (await store.outcome?.(workDir, id, prompt)) ?? unknown);
  } catch (error) {
    if (!(error instanceof DeadlineError)) throw error;
    context.log.warn({ prompt, error: describeError(error) }, 'transcript not read');
    return unknown;
  }
}

const unknown: PromptOutcome = { state: 'unknown' };
