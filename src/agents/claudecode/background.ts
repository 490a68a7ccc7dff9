import { type Line, objects, text } from './wire.ts';

/** Which tasks run in the background, and which sub-agent belongs to which tool call. */
export class BackgroundTasks {
  readonly #running = new Map<string, string>();
  readonly #calls = new Map<string, string>();
  #listed = false;

  /** Takes a `system` line in; the names of what runs when that changed. */
  take(subtype: string, line: Line): readonly string[] | undefined {
    const id = text(line, 'task_id');
    if (subtype === 'background_tasks_changed') {
      this.#listed = true;
      this.#running.clear();
      for (const task of objects(line, 'tasks')) {
        const listed = text(task, 'task_id');
        if (listed !== undefined) this.#running.set(listed, text(task, 'description') ?? listed);
      }
      return this.names;
    }
    if (id === undefined) return undefined;
    if (subtype === 'task_started') {
      const call = text(line, 'tool_use_id');
      if (call !== undefined) this.#calls.set(id, call);
      // Newer versions list what is in the background; older ones only say that a task began.
      if (this.#listed || line.is_backgrounded === false) return undefined;
      this.#running.set(id, text(line, 'description') ?? id);
      return this.names;
    }
    if (subtype === 'task_notification' && !this.#listed && this.#running.delete(id)) return this.names;
    return undefined;
  }

  /** The tool call that started this sub-agent. */
  callOf(agent: string): string {
    return this.#calls.get(agent) ?? agent;
  }

  get names(): readonly string[] {
    return [...this.#running.values()];
  }
}
