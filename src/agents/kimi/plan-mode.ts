import type { AgentEventBody } from '../../core/agent-event.ts';

/** The tools by which the model goes into plan mode, and asks for its plan to be approved. */
const ENTER = 'EnterPlanMode';
const EXIT = 'ExitPlanMode';

/** What stands around the plan in such a request. */
const FRAME = /^Plan saved to: [^\n]*\n+|\n+Requesting approval to [^\n]*$/g;

/** A request that shows a plan comes as one for an ordinary tool. */
export function asPlan(body: AgentEventBody): AgentEventBody {
  if (body.kind !== 'approval' || body.request.kind !== 'permission') return body;
  const { tool, detail = '', options } = body.request;
  const plan = detail.replace(FRAME, '').trim();
  if (tool !== EXIT || plan === '') return body;
  return { ...body, request: { kind: 'plan', tool, plan, options } };
}

/** Finds out which mode the model's own tools have switched to: the CLI does not tell that as a change of mode. */
export class PlanModeWatch {
  readonly #calls = new Set<string>();

  /** The mode that is now on, when this event says so. */
  entered(body: AgentEventBody): 'plan' | 'default' | undefined {
    if (body.kind === 'turn_start') this.#calls.clear();
    if (body.kind === 'tool_started' && (body.call.name === ENTER || body.call.name === EXIT))
      this.#calls.add(body.call.id);
    if (body.kind !== 'tool_ended' || !this.#calls.delete(body.id)) return undefined;
    if (body.output.includes('Plan mode is now active')) return 'plan';
    return body.output.includes('Plan mode deactivated') ? 'default' : undefined;
  }
}
