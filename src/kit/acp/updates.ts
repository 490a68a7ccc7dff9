import type { AgentEventBody } from '../../core/agent-event.ts';
import { ToolView } from './tool-view.ts';
import { number, record, records, text, type Wire } from './wire.ts';

/** Updates by which an agent visibly works; others (usage, settings) come at any time. */
const WORK = new Set(['agent_message_chunk', 'agent_thought_chunk', 'tool_call', 'tool_call_update', 'plan']);

/** True when this update belongs to a turn. */
export function isWork(update: Wire): boolean {
  return WORK.has(text(update.sessionUpdate) ?? '');
}

/**
 * Turns `session/update` bodies into events. Keeps what spans updates: the open text block and the tool calls
 * of the running turn. Knows nothing of connections or turns, so recordings can be replayed through it.
 */
export class UpdateMapper {
  readonly #terminal: (id: string) => string | undefined;
  readonly #tools = new Map<string, ToolView>();
  #textOpen = false;
  #message: string | undefined;

  /** @param terminal what a terminal of ours has said, by its id */
  constructor(terminal: (id: string) => string | undefined = () => undefined) {
    this.#terminal = terminal;
  }

  map(update: Wire): AgentEventBody[] {
    switch (text(update.sessionUpdate)) {
      case 'agent_message_chunk':
        return this.#text(update);
      case 'agent_thought_chunk':
        return this.#thought(update);
      case 'tool_call':
      case 'tool_call_update':
        return this.#tool(update);
      case 'plan':
        return [...this.#closeText(), { kind: 'plan', steps: planSteps(update) }];
      case 'usage_update':
        return usage(update);
      case 'available_commands_update':
        return [{ kind: 'settings', commands: commands(update) }];
      case 'compaction_update':
        return [{ kind: 'notice', notice: { kind: 'compacting', done: update.status !== 'in_progress' } }];
      case 'notice':
        return notice(update);
      default:
        // user_message_chunk repeats our own words; session_info_update and unknown kinds carry nothing to show.
        return [];
    }
  }

  /** The call a permission request is about; it may be the first news of it. */
  toolOf(call: Wire): { tool: ToolView; events: AgentEventBody[] } {
    const tool = this.#toolOf(text(call.toolCallId) ?? 'tool');
    tool.merge(withoutGaps(call));
    return { tool, events: [...this.#closeText(), ...start(tool)] };
  }

  /** Closes what is open at the end of a turn and forgets its tool calls. */
  endTurn(): AgentEventBody[] {
    const events = this.#closeText();
    for (const tool of this.#tools.values()) events.push(...start(tool));
    this.#tools.clear();
    this.#message = undefined;
    return events;
  }

  #text(update: Wire): AgentEventBody[] {
    const said = contentText(record(update.content));
    if (said === '') return [];
    const events = this.#startWaiting();
    const message = text(update.messageId);
    if (this.#textOpen && message !== this.#message) events.push(...this.#closeText());
    this.#message = message;
    this.#textOpen = true;
    events.push({ kind: 'text', text: said, mode: 'delta' });
    return events;
  }

  #thought(update: Wire): AgentEventBody[] {
    const said = contentText(record(update.content));
    if (said === '') return [];
    return [...this.#closeText(), { kind: 'thinking', text: said, mode: 'delta' }];
  }

  #tool(update: Wire): AgentEventBody[] {
    const id = text(update.toolCallId);
    if (id === undefined) return [];
    const tool = this.#toolOf(id);
    if (tool.ended) return [];
    tool.merge(update);
    const events = this.#closeText();
    if (tool.telling) events.push(...start(tool));
    if (tool.finished) {
      tool.ended = true;
      const { exitCode } = tool;
      const ok = tool.status === 'completed';
      events.push({
        kind: 'tool_ended',
        id,
        ok,
        output: tool.output,
        ...(exitCode === undefined ? {} : { exitCode }),
      });
    }
    return events;
  }

  #toolOf(id: string): ToolView {
    const known = this.#tools.get(id);
    if (known !== undefined) return known;
    const tool = new ToolView(id, this.#terminal);
    this.#tools.set(id, tool);
    return tool;
  }

  #startWaiting(): AgentEventBody[] {
    return [...this.#tools.values()].flatMap(start);
  }

  #closeText(): AgentEventBody[] {
    if (!this.#textOpen) return [];
    this.#textOpen = false;
    return [{ kind: 'text_end' }];
  }
}

function start(tool: ToolView): AgentEventBody[] {
  if (tool.started) return [];
  tool.started = true;
  return [{ kind: 'tool_started', call: tool.call() }];
}

/** A request may repeat the call without its input and content; what is known of them stays. */
function withoutGaps(call: Wire): Wire {
  const isGap = (value: unknown) =>
    typeof value === 'object' && value !== null && Object.keys(value).length === 0;
  return Object.fromEntries(Object.entries(call).filter(([, value]) => !isGap(value)));
}

function contentText(content: Wire): string {
  switch (content.type) {
    case 'text':
      return text(content.text) ?? '';
    case 'resource_link':
      return `[${text(content.name) ?? 'file'}](${text(content.uri) ?? ''})`;
    case 'resource':
      return text(record(content.resource).text) ?? '';
    case 'image':
    case 'audio':
      return text(content.uri) === undefined
        ? `[${text(content.mimeType) ?? text(content.type)}]`
        : `[${text(content.type)}](${text(content.uri)})`;
    default:
      return '';
  }
}

function notice(update: Wire): AgentEventBody[] {
  const said = [text(update.title), text(update.description)].filter((part) => part).join(': ');
  return said === '' ? [] : [{ kind: 'notice', notice: { kind: 'other', text: said } }];
}

function planSteps(update: Wire) {
  return records(update.entries).map((entry) => {
    const status = text(entry.status);
    const state =
      status === 'completed'
        ? ('done' as const)
        : status === 'in_progress'
          ? ('running' as const)
          : ('pending' as const);
    return { text: text(entry.content) ?? '', state };
  });
}

function usage(update: Wire): AgentEventBody[] {
  const contextTokens = number(update.used);
  const contextWindow = number(update.size);
  return contextTokens === undefined ? [] : [{ kind: 'usage', usage: { contextTokens, contextWindow } }];
}

function commands(update: Wire) {
  return records(update.availableCommands).flatMap((command) => {
    const name = text(command.name);
    return name === undefined ? [] : [{ name, description: text(command.description) ?? '' }];
  });
}
