import type { AgentMode, AgentSession, Prompt } from '../../core/agent.ts';
import type { AgentEvent, AgentEventBody, ApprovalAnswer, Usage } from '../../core/agent-event.ts';
import { modeIn } from '../../kit/acp/modes.ts';
import type { AcpSession } from '../../kit/acp/session.ts';
import { ALLOW_ALL, ALLOW_ALL_OPTION, isAllowAll } from './modes.ts';

/** A failed request that is made again is told as a piece of the answer. */
const RETRYING = /^Info: Request failed [^\n]*Retrying\.\.\.$/;
const RETRIED = /^(?:Info: Request failed [\s\S]*?Retrying\.\.\.)+/;

export interface CopilotParts {
  /** The modes as they are known now. */
  readonly modes: () => readonly AgentMode[];
}

/** An ACP session of Copilot's, with what is its own: a mode that allows everything, and running totals of tokens. */
export class CopilotSession implements AgentSession {
  readonly #acp: AcpSession;
  readonly #modes: () => readonly AgentMode[];
  #allowsAll = false;

  private constructor(acp: AcpSession, { modes }: CopilotParts) {
    this.#acp = acp;
    this.#modes = modes;
  }

  static async begin(acp: AcpSession, parts: CopilotParts, mode: string | undefined) {
    const session = new CopilotSession(acp, parts);
    if (isAllowAll(mode) && !(await session.#allowAll(true)))
      acp.notice(`The agent does not offer the mode "${mode}".`);
    return session;
  }

  get process() {
    return this.#acp.process;
  }

  async *events(fromSeq: number): AsyncIterable<AgentEvent> {
    const meter = new TokenMeter();
    for await (const event of this.#acp.events(fromSeq))
      yield { ...event, body: this.#own(event.body, meter) };
  }

  prompt(prompt: Prompt, signal: AbortSignal): Promise<{ readonly folded: boolean }> {
    return this.#acp.prompt(prompt, signal);
  }

  interrupt(): Promise<void> {
    return this.#acp.interrupt();
  }

  answer(wireId: string, answer: ApprovalAnswer): Promise<'taken' | 'stale'> {
    return this.#acp.answer(wireId, answer);
  }

  async set(change: { readonly mode?: string; readonly model?: string | null; readonly effort?: string }) {
    if (change.mode === undefined) return this.#acp.set(change);
    const all = isAllowAll(change.mode);
    const named = modeIn(this.#modes(), change.mode)?.id ?? change.mode;
    // Any other mode is one without it, also after autopilot, which switches it on by itself.
    if (!(await this.#allowAll(all)) && all) return false;
    return this.#acp.set({ ...change, mode: all ? 'agent' : named });
  }

  models() {
    return this.#acp.models();
  }

  close(how: { readonly quick: boolean }, signal: AbortSignal): Promise<void> {
    return this.#acp.close(how, signal);
  }

  async #allowAll(wanted: boolean): Promise<boolean> {
    const taken = await this.#acp.choose(ALLOW_ALL_OPTION, wanted ? 'on' : 'off');
    if (taken) this.#allowsAll = wanted;
    return taken;
  }

  #own(body: AgentEventBody, meter: TokenMeter): AgentEventBody {
    if (body.kind === 'settings' && body.mode !== undefined && this.#allowsAll)
      return { ...body, mode: ALLOW_ALL.id };
    if (body.kind === 'text' && RETRYING.test(body.text))
      return { kind: 'notice', notice: { kind: 'other', text: body.text.replace('Info: ', '') } };
    if (body.kind !== 'turn_end') return body;
    const { outcome, usage } = body;
    return {
      ...body,
      ...(usage === undefined ? {} : { usage: meter.turn(usage) }),
      ...(outcome.status !== 'error'
        ? {}
        : { outcome: { ...outcome, message: outcome.message.replace(RETRIED, '') } }),
    };
  }
}

/** The tokens that a prompt's reply tells are those of the whole process so far. */
export class TokenMeter {
  #before: Usage = {};

  turn(total: Usage): Usage {
    const more = (key: 'inputTokens' | 'outputTokens' | 'cacheReadTokens' | 'cacheWriteTokens') => {
      const value = total[key];
      return value === undefined ? {} : { [key]: Math.max(0, value - (this.#before[key] ?? 0)) };
    };
    const own = {
      ...total,
      ...more('inputTokens'),
      ...more('outputTokens'),
      ...more('cacheReadTokens'),
      ...more('cacheWriteTokens'),
    };
    this.#before = total;
    return own;
  }
}
