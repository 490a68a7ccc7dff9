import type { NativeSession } from '../../core/agent.ts';
import type { NativeId } from '../../core/ids.ts';
import { look } from '../../engine/agent-calls.ts';
import type { CommandPlace } from '../../engine/command.ts';
import { shorten } from '../../engine/tool-format.ts';
import { sessionTexts as texts } from '../../i18n/texts/commands/sessions.ts';
import type { SessionRow } from '../../store/rows.ts';
import { ownMember } from './own-agent.ts';

const titleMax = 40;
/** Conversations of the agent itself that are looked at. */
const nativeLimit = 200;

/** One conversation that can be gone on with: a known one, or one the agent keeps that was made elsewhere. */
export type Conversation =
  | {
      readonly kind: 'known';
      /** For buttons: keeps meaning the same one when the order changes. */
      readonly id: string;
      readonly row: SessionRow;
      readonly title: string;
      readonly at: number;
      readonly messages: number;
      readonly active: boolean;
    }
  | {
      readonly kind: 'native';
      readonly id: string;
      readonly nativeId: NativeId;
      readonly title: string;
      readonly at: number;
      readonly messages: number | undefined;
      readonly active: false;
    };

/** All conversations in the order of `/list`: known ones by last use, then those made outside the chat. */
export async function conversationsOf(call: CommandPlace): Promise<readonly Conversation[]> {
  const { actor, context } = call;
  const active = actor.sessions.active(call.address);
  const own = ownMember(call);
  const known = actor.sessions
    .list()
    .filter((row) => context.agents.of(row)?.name === own.name)
    .map((row) => knownOne(call, row, row.id === active.id))
    .filter((one) => one.active || one.messages > 0 || one.row.name !== null || one.row.nativeId !== null);
  return [...known, ...(await nativeOnes(call))];
}

export function titleOf(call: CommandPlace, row: SessionRow): string {
  const text = row.name ?? call.context.queries.firstUserText(row.id)?.replace(/\s+/g, ' ').trim();
  return text ? shorten(text, titleMax) : call.say(texts.untitled);
}

/** Short enough to read, long enough to tell apart: of the agent's id where there is one. */
export function shortIdOf(one: Conversation): string {
  const native = one.kind === 'native' ? one.nativeId : one.row.nativeId;
  return native ? native.slice(0, 8) : one.id.slice(-8).toLowerCase();
}

function knownOne(call: CommandPlace, row: SessionRow, active: boolean) {
  return {
    kind: 'known' as const,
    id: row.id,
    row,
    title: titleOf(call, row),
    at: row.updatedAt,
    messages: call.context.queries.historyCount(row.id),
    active,
  };
}

async function nativeOnes(call: CommandPlace): Promise<Conversation[]> {
  const { context, actor } = call;
  const { store, workDir } = ownMember(call).agent ?? {};
  if (!store || !workDir || context.settings.filterExternalSessions) return [];
  // Whoever started it: a conversation of another chat is not offered here.
  const taken = new Set(
    context.queries
      .sessionsOfProject(context.name)
      .flatMap(({ nativeId, pastIds }) => [nativeId, ...pastIds]),
  );
  const folder = actor.sessions.active(call.address).workDir ?? workDir;
  const found = await look('list of conversations', () => store.list(folder, nativeLimit));
  return found.filter(({ id }) => !taken.has(id)).map(nativeOne(call));
}

function nativeOne(call: CommandPlace): (native: NativeSession) => Conversation {
  return ({ id, title, updatedAt, messages }) => ({
    kind: 'native',
    id,
    nativeId: id,
    title: shorten(title.replace(/\s+/g, ' ').trim(), titleMax) || call.say(texts.untitled),
    at: updatedAt,
    messages,
    active: false,
  });
}

/**
 * What a person means: number in the list, exact name, start of an id, start of a name, part of a name; the first
 * of these that fits anything decides.
 */
export function matching(all: readonly Conversation[], wanted: string): readonly Conversation[] {
  const word = wanted.trim().toLowerCase();
  const numbered = /^\d+$/.test(word) ? all[Number(word) - 1] : undefined;
  if (numbered) return [numbered];
  const title = (one: Conversation) => one.title.toLowerCase();
  const ids = (one: Conversation) =>
    [one.id, shortIdOf(one), one.kind === 'known' ? (one.row.nativeId ?? '') : ''].map((id) =>
      id.toLowerCase(),
    );
  const rules: ((one: Conversation) => boolean)[] = [
    (one) => title(one) === word,
    (one) => ids(one).includes(word),
    (one) => ids(one).some((id) => id.startsWith(word)),
    (one) => title(one).startsWith(word),
    (one) => title(one).includes(word),
  ];
  for (const rule of rules) {
    const found = all.filter(rule);
    if (found.length > 0) return found;
  }
  return [];
}
