import type { AgentEventBody, TurnOutcome } from '../../core/agent-event.ts';
import { asId, type NativeId, type PromptId } from '../../core/ids.ts';
import { BackgroundTasks } from './background.ts';
import { turnOutcome } from './outcome.ts';
import { planSteps, TaskList } from './plan.ts';
import { Speech } from './stream.ts';
import { isHiddenTool, toolCall, toolResult } from './tools.ts';
import { TurnBook } from './turns.ts';
import { UsageMeter } from './usage.ts';
import { asObject, contentText, type Line, number, object, objects, text, texts } from './wire.ts';

/** What older versions answer to a command that says nothing, such as `/clear`. */
const NOTHING = '(no content)';

/** An event without its number. */
export interface Said {
  readonly parent?: string;
  readonly body: AgentEventBody;
}

/**
 * Turns the CLI's stdout lines into events. A pure state machine: no clock, no process. Control messages are not its
 * business, except that an open approval is announced and withdrawn here so that its order among the events is kept.
 */
export class EventReader {
  readonly turns = new TurnBook();
  readonly #usage = new UsageMeter();
  readonly #tasks = new BackgroundTasks();
  readonly #speech = new Map<string, Speech>();
  readonly #tools = new Set<string>();
  readonly #list = new TaskList();
  readonly #approvals = new Set<string>();
  readonly #aliases = new Map<string, PromptId>();
  #nativeId: NativeId | undefined;
  #mode: string | undefined;
  #model: string | undefined;
  #spoke = false;
  #compacting = false;

  /** Prompts that the CLI refused to run because it has seen their uuid before; whoever sends them again clears this. */
  readonly repeats = new Set<PromptId>();

  /** From now on this uuid on the wire means that prompt. */
  alias(wire: string, prompt: PromptId): void {
    this.#aliases.set(wire, prompt);
  }

  /** The conversation's id as last heard. */
  get nativeId(): NativeId | undefined {
    return this.#nativeId;
  }

  get mode(): string | undefined {
    return this.#mode;
  }

  get model(): string | undefined {
    return this.#model;
  }

  /** One stdout line that is no control message. Unknown ones say nothing. */
  read(line: Line): Said[] {
    const parent = text(line, 'parent_tool_use_id') ?? agentOf(line, this.#tasks);
    switch (text(line, 'type')) {
      case 'system':
        return this.#system(line, parent);
      case 'command_lifecycle':
        return this.#lifecycle(line);
      case 'stream_event':
        return this.#stream(line, parent);
      case 'assistant':
        return this.#assistant(line, parent);
      case 'user':
        return this.#user(line, parent);
      case 'result':
        return this.#result(line);
      case 'conversation_reset':
        this.#usage.forgetContext();
        return [];
      default:
        return [];
    }
  }

  /** The CLI asks for a decision. */
  asked(wireId: string, line: Line, body: Extract<AgentEventBody, { kind: 'approval' }>): Said[] {
    const agent = text(line, 'agent_id');
    const parent = agent === undefined ? undefined : this.#tasks.callOf(agent);
    this.#approvals.add(wireId);
    return this.#say(parent, parent === undefined ? [...this.turns.active(), body] : [body]);
  }

  /** The CLI no longer wants the decision. */
  withdrawn(wireId: string): Said[] {
    return this.#approvals.delete(wireId) ? [{ body: { kind: 'approval_withdrawn', wireId } }] : [];
  }

  /** The decision was given to the CLI. */
  answered(wireId: string): void {
    this.#approvals.delete(wireId);
  }

  /** The CLI confirmed a change by control request. */
  changed(change: { readonly mode?: string; readonly model?: string }): Said[] {
    const body: AgentEventBody = {
      kind: 'settings',
      ...(change.mode !== undefined && change.mode !== this.#mode ? { mode: change.mode } : {}),
      ...(change.model !== undefined && change.model !== this.#model ? { model: change.model } : {}),
    };
    this.#mode = change.mode ?? this.#mode;
    this.#model = change.model ?? this.#model;
    return body.mode === undefined && body.model === undefined ? [] : [{ body }];
  }

  /** The process is gone: everything open is closed, then comes `exit`. */
  exited(exit: Extract<AgentEventBody, { kind: 'exit' }>, message: string): Said[] {
    const said = [...this.#approvals].flatMap((wireId) => this.withdrawn(wireId));
    const lost = this.turns.lost();
    if (lost !== undefined) {
      said.push(...this.#say(undefined, lost.before));
      const outcome: TurnOutcome = { status: 'error', message, code: 'crash' };
      said.push(...this.#closeTurn({ kind: 'turn_end', prompts: lost.prompts, outcome }));
    }
    if (this.#tasks.names.length > 0) said.push({ body: { kind: 'background', running: [] } });
    said.push({ body: exit });
    return said;
  }

  #system(line: Line, parent: string | undefined): Said[] {
    const subtype = text(line, 'subtype') ?? '';
    const tasks = this.#tasks.take(subtype, line);
    const background: Said[] = tasks === undefined ? [] : [{ body: { kind: 'background', running: tasks } }];
    switch (subtype) {
      case 'init':
        return this.#init(line);
      case 'status':
        return this.#status(line);
      case 'api_retry':
        return this.#say(parent, [retryNotice(line)]);
      case 'permission_denied': {
        const tool = text(line, 'tool_name') ?? '';
        const notice = { kind: 'denied_by_policy', tool, message: text(line, 'message') ?? '' } as const;
        return this.#say(parent, [{ kind: 'notice', notice }]);
      }
      case 'compact_boundary':
        this.#usage.forgetContext();
        return this.#compacted();
      case 'task_notification':
        this.turns.notified();
        return background;
      default:
        return background;
    }
  }

  #init(line: Line): Said[] {
    const said = this.#identify(text(line, 'session_id'));
    const mode = text(line, 'permissionMode');
    const model = text(line, 'model');
    said.push(
      ...this.changed({ ...(mode === undefined ? {} : { mode }), ...(model === undefined ? {} : { model }) }),
    );
    said.push(...this.#say(undefined, this.turns.announced()));
    return said;
  }

  #status(line: Line): Said[] {
    const mode = text(line, 'permissionMode');
    const said = mode === undefined ? [] : this.changed({ mode });
    const status = text(line, 'status');
    if (status === 'compacting' && !this.#compacting) {
      this.#compacting = true;
      said.push({ body: { kind: 'notice', notice: { kind: 'compacting', done: false } } });
    } else if (line.compact_result !== undefined) said.push(...this.#compacted());
    return said;
  }

  #compacted(): Said[] {
    if (!this.#compacting) return [];
    this.#compacting = false;
    return [{ body: { kind: 'notice', notice: { kind: 'compacting', done: true } } }];
  }

  #lifecycle(line: Line): Said[] {
    const uuid = text(line, 'command_uuid');
    if (uuid === undefined) return [];
    const state = text(line, 'state');
    if (state === 'queued') this.turns.queued(asId<PromptId>(uuid));
    if (state === 'started')
      return this.#say(undefined, this.turns.started(asId<PromptId>(uuid), 'lifecycle'));
    return [];
  }

  #stream(line: Line, parent: string | undefined): Said[] {
    const event = object(line, 'event');
    if (event === undefined) return [];
    const bodies = this.#speechOf(parent).streamed(event, line);
    if (parent !== undefined) return this.#say(parent, bodies);
    this.#noteUsage(event);
    if (bodies.length > 0) this.#spoke = true;
    return this.#say(undefined, [...this.turns.active(), ...bodies]);
  }

  #noteUsage(event: Line): void {
    const message = object(event, 'message');
    const usage = message === undefined ? undefined : object(message, 'usage');
    if (message !== undefined && usage !== undefined) this.#usage.answered(usage, text(message, 'model'));
  }

  #assistant(line: Line, parent: string | undefined): Said[] {
    const message = object(line, 'message') ?? {};
    const bodies: AgentEventBody[] = parent === undefined ? this.turns.active() : [];
    const synthetic = text(message, 'model') === '<synthetic>';
    const usage = object(message, 'usage');
    if (parent === undefined && !synthetic && usage !== undefined)
      this.#usage.answered(usage, text(message, 'model'));
    // The words of a failed request come again as the reason of the turn's end.
    const failure = line.is_api_error_message === true || (synthetic && text(line, 'error') !== undefined);
    for (const block of failure ? [] : objects(message, 'content')) {
      bodies.push(...this.#block(block, text(message, 'id'), parent));
    }
    return this.#say(parent, bodies);
  }

  #block(block: Line, message: string | undefined, parent: string | undefined): AgentEventBody[] {
    const type = text(block, 'type');
    if (type === 'text' || type === 'thinking') {
      const said = text(block, type) ?? '';
      if (said === NOTHING) return [];
      if (type === 'text' && parent === undefined) this.#spoke = true;
      return this.#speechOf(parent).whole(message, type, said);
    }
    if (type !== 'tool_use') return [];
    const id = text(block, 'id');
    const name = text(block, 'name') ?? 'unknown';
    if (id === undefined || isHiddenTool(name)) return [];
    const input = object(block, 'input') ?? {};
    const todos = name === 'TodoWrite' ? planSteps(input) : undefined;
    if (todos !== undefined) return [todos];
    if (this.#list.takes(id, name, input)) return [];
    this.#tools.add(id);
    return [{ kind: 'tool_started', call: toolCall(id, name, input) }];
  }

  #user(line: Line, parent: string | undefined): Said[] {
    if (line.isReplay === true) return this.#replayed(text(line, 'uuid'));
    const bodies: AgentEventBody[] = [];
    for (const block of objects(object(line, 'message') ?? {}, 'content')) {
      const id = text(block, 'tool_use_id');
      if (text(block, 'type') !== 'tool_result' || id === undefined) continue;
      const structured = asObject(line.tool_use_result);
      const result = toolResult(block, contentText(block.content), structured);
      const listed = this.#list.done(id, result.ok, structured);
      if (listed !== undefined && 'kind' in listed) bodies.push(listed);
      else if (listed !== undefined) {
        const { name, input } = listed.refused;
        bodies.push({ kind: 'tool_started', call: toolCall(id, name, input) });
        bodies.push({ kind: 'tool_ended', id, ...result });
      } else if (this.#tools.delete(id)) bodies.push({ kind: 'tool_ended', id, ...result });
    }
    return this.#say(parent, bodies);
  }

  #replayed(uuid: string | undefined): Said[] {
    if (uuid === undefined) return [];
    const prompt = this.#promptOf(uuid);
    if (!this.turns.isRepeat(prompt)) return this.#say(undefined, this.turns.started(prompt, 'replay'));
    this.repeats.add(prompt);
    return [];
  }

  #promptOf(uuid: string): PromptId {
    return this.#aliases.get(uuid) ?? asId<PromptId>(uuid);
  }

  #result(line: Line): Said[] {
    const named = [...texts(line, 'user_message_uuids'), text(line, 'user_message_uuid')].filter(
      (id) => id !== undefined,
    );
    const origin = text(object(line, 'origin') ?? {}, 'kind');
    const background = origin !== undefined && origin !== 'human' && named.length === 0;
    const usage = this.#usage.ofTurn(line);
    const ended = this.turns.ended(
      named.map((uuid) => this.#promptOf(uuid)),
      background,
    );
    if (ended === undefined) return [];
    const said = [...this.#identify(text(line, 'session_id')), ...this.#say(undefined, ended.before)];
    const outcome = turnOutcome(line);
    const result = outcome.status === 'ok' ? text(line, 'result') : undefined;
    const final = result === NOTHING ? undefined : result;
    if (!this.#spoke && final) said.push({ body: { kind: 'text', text: final, mode: 'block' } });
    const stated = final ? { text: final } : {};
    return [
      ...said,
      ...this.#closeTurn({ kind: 'turn_end', prompts: ended.prompts, outcome, usage, ...stated }),
    ];
  }

  #closeTurn(end: Extract<AgentEventBody, { kind: 'turn_end' }>): Said[] {
    const open = this.#speech.get('');
    const rest = open === undefined ? [] : open.reset();
    if (this.#tasks.names.length === 0) this.#speech.clear();
    this.#spoke = false;
    return [...this.#compacted(), ...this.#say(undefined, [...rest, end])];
  }

  /** The id may change without a word, for example by `/clear` in older versions. */
  #identify(id: string | undefined): Said[] {
    if (id === undefined || id === this.#nativeId) return [];
    const reset = this.#nativeId !== undefined;
    this.#nativeId = asId<NativeId>(id);
    return [{ body: { kind: 'session', nativeId: this.#nativeId, ...(reset ? { reset } : {}) } }];
  }

  #speechOf(parent: string | undefined): Speech {
    const key = parent ?? '';
    let speech = this.#speech.get(key);
    if (speech === undefined) this.#speech.set(key, (speech = new Speech()));
    return speech;
  }

  #say(parent: string | undefined, bodies: readonly AgentEventBody[]): Said[] {
    return bodies.map((body) => (parent === undefined ? { body } : { parent, body }));
  }
}

function agentOf(line: Line, tasks: BackgroundTasks): string | undefined {
  const agent = text(line, 'agent_id');
  return agent === undefined ? undefined : tasks.callOf(agent);
}

function retryNotice(line: Line): AgentEventBody {
  const status = number(line, 'error_status');
  const reason = text(line, 'error') ?? 'unknown';
  return {
    kind: 'notice',
    notice: {
      kind: 'retrying',
      attempt: number(line, 'attempt') ?? 0,
      max: number(line, 'max_retries') ?? 0,
      delayMs: number(line, 'retry_delay_ms') ?? 0,
      reason: status === undefined ? reason : `${reason} (${status})`,
    },
  };
}
