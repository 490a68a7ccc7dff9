import type { AgentEventBody } from '../../core/agent-event.ts';
import { type Line, object, objects, text } from './wire.ts';

type Plan = Extract<AgentEventBody, { kind: 'plan' }>;
type Step = Plan['steps'][number];

const STATES: Readonly<Record<string, Step['state']>> = { in_progress: 'running', completed: 'done' };

/** The plan a `TodoWrite` call states as a whole. */
export function planSteps(input: Line): Plan | undefined {
  const todos = objects(input, 'todos');
  if (todos.length === 0) return undefined;
  const steps = todos.map((todo) => ({
    text: text(todo, 'content') ?? text(todo, 'subject') ?? '',
    state: stateOf(text(todo, 'status')),
  }));
  return { kind: 'plan', steps };
}

/**
 * The plan behind `TaskCreate` and `TaskUpdate`, which state one task each; a task's id is known from the result of its
 * creation (2.1.197: `tool_use_result.task.id`, recording `todo`; 2.1.329 has these tools switched off when headless).
 */
export class TaskList {
  readonly #asked = new Map<string, { readonly name: string; readonly input: Line }>();
  readonly #tasks = new Map<string, Step>();

  /** True if the tool works on the list: what it does is told by `done`. */
  takes(id: string, name: string, input: Line): boolean {
    if (name !== 'TaskCreate' && name !== 'TaskUpdate') return false;
    this.#asked.set(id, { name, input });
    return true;
  }

  /** The call `id` came back: the plan as it now stands; `refused` if the tool did not work; undefined if it is not ours. */
  done(
    id: string,
    ok: boolean,
    structured: Line | undefined,
  ): Plan | { readonly refused: { readonly name: string; readonly input: Line } } | undefined {
    const asked = this.#asked.get(id);
    if (asked === undefined) return undefined;
    this.#asked.delete(id);
    if (!ok) return { refused: asked };
    if (asked.name === 'TaskCreate') this.#created(asked.input, structured);
    else this.#updated(asked.input);
    return { kind: 'plan', steps: [...this.#tasks.values()] };
  }

  #created(input: Line, structured: Line | undefined): void {
    const task = structured === undefined ? undefined : object(structured, 'task');
    const id = (task && text(task, 'id')) ?? String(this.#tasks.size + 1);
    this.#tasks.set(id, { text: text(input, 'subject') ?? '', state: 'pending' });
  }

  #updated(input: Line): void {
    const id = text(input, 'taskId') ?? '';
    const task = this.#tasks.get(id);
    const status = text(input, 'status');
    if (status === 'deleted') this.#tasks.delete(id);
    else if (task !== undefined) {
      const state = status === undefined ? task.state : stateOf(status);
      this.#tasks.set(id, { text: text(input, 'subject') ?? task.text, state });
    }
  }
}

function stateOf(status: string | undefined): Step['state'] {
  return STATES[status ?? ''] ?? 'pending';
}
