import type { HistoryEntry } from '../../core/agent.ts';
import { record, records, text, type Wire } from '../../kit/acp/wire.ts';

const MAX_TITLE = 80;

/** A finished item of a rollout, with the turn it belongs to: `UserMessage`, `AgentMessage`, tools. */
export interface RolloutItem {
  readonly type: string;
  readonly turn: string;
  readonly text: string;
  /** The id a prompt was given by its sender. */
  readonly client: string | undefined;
}

/** Undefined for lines that hold no finished item. */
export function itemOf(line: Wire): RolloutItem | undefined {
  const event = eventOf(line);
  if (event?.type !== 'item_completed') return undefined;
  const item = record(event.item);
  const said = records(item.content).map((part) => text(part.text) ?? '');
  return {
    type: text(item.type) ?? '',
    turn: text(event.turn_id) ?? '',
    text: said.filter((part) => part !== '').join('\n'),
    client: text(item.client_id),
  };
}

/** The payload of an `event_msg` line. */
export function eventOf(line: Wire): Wire | undefined {
  return line.type === 'event_msg' ? record(line.payload) : undefined;
}

/** What people and the agent said to each other. */
export function readHistory(lines: readonly Wire[]): HistoryEntry[] {
  return lines.flatMap((line): HistoryEntry[] => {
    const item = itemOf(line);
    if (item === undefined || item.text === '') return [];
    const at = Date.parse(text(line.timestamp) ?? '') || 0;
    if (item.type === 'UserMessage') return [{ role: 'user', text: item.text, at }];
    return item.type === 'AgentMessage' ? [{ role: 'assistant', text: item.text, at }] : [];
  });
}

/** The first words of a person. */
export function readTitle(lines: readonly Wire[]): string | undefined {
  const first = readHistory(lines).find(({ role }) => role === 'user');
  const said = first?.text.replace(/\s+/g, ' ').trim();
  if (!said) return undefined;
  return said.length <= MAX_TITLE ? said : `${said.slice(0, MAX_TITLE - 1)}…`;
}
