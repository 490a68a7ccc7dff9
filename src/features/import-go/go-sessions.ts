import { asId, type NativeId, type ProjectName, type SessionId, type SessionKey } from '../../core/ids.ts';
import { uuidV5 } from '../../kit/ids.ts';
import type { HistoryRow, SessionRow } from '../../store/rows.ts';
import type { GoFile } from './go-files.ts';

export interface GoProject {
  readonly name: string;
  /** Absolute. */
  readonly workDir: string;
  readonly agentType: string;
}

export interface ImportedSession {
  readonly row: SessionRow;
  readonly history: readonly HistoryRow[];
}

/** Empty where the Go version knew none. */
export interface GoNames {
  readonly key: string;
  readonly user: string;
  readonly chat: string;
}

type Fields = Readonly<Record<string, unknown>>;

/** Stands for "the newest conversation" in the Go version; it names none. */
const continueMark = '__continue__';
/** Names that nobody chose. */
const emptyNames = new Set(['', 'default', 'session']);

/**
 * The sessions of one file of the Go cc-connect, as rows of ours; the same file always gives the same ids.
 * What is malformed is left out. `taken`: session keys that have an active session already.
 */
export function readGoSessions(
  snapshot: unknown,
  file: Pick<GoFile, 'name' | 'isCurrent' | 'workDir'>,
  project: GoProject,
  taken: ReadonlySet<string>,
): readonly ImportedSession[] {
  const root = fields(snapshot);
  const sessions = fields(root.sessions);
  const active = fields(root.active_session);
  const names = fields(root.session_names);
  return Object.entries(fields(root.user_sessions)).flatMap(([key, ids]) =>
    (Array.isArray(ids) ? ids : []).flatMap((id) => {
      const one = fields(sessions[String(id)]);
      if (Object.keys(one).length === 0) return [];
      const isActive = file.isCurrent && active[key] === id && !taken.has(key);
      return [
        imported(one, {
          id: `${file.name}/${String(id)}`,
          key,
          names,
          project,
          workDir: file.workDir,
          isActive,
        }),
      ];
    }),
  );
}

/** How people and chats are called, by session key. */
export function readGoNames(snapshot: unknown): readonly GoNames[] {
  return Object.entries(fields(fields(snapshot).user_meta)).flatMap(([key, meta]) => {
    const { user_name: user, chat_name: chat } = fields(meta);
    return text(user) || text(chat) ? [{ key, user: text(user), chat: text(chat) }] : [];
  });
}

function imported(
  one: Fields,
  at: {
    id: string;
    key: string;
    names: Fields;
    project: GoProject;
    workDir: string | null;
    isActive: boolean;
  },
): ImportedSession {
  const native = text(one.agent_session_id);
  const nativeId = native === '' || native === continueMark ? null : asId<NativeId>(native);
  const name = text(at.names[native]) || text(one.name);
  const past = Array.isArray(one.past_agent_session_ids) ? one.past_agent_session_ids : [];
  const updatedAt = time(one.updated_at);
  const row: SessionRow = {
    id: asId<SessionId>(uuidV5(`go:${at.project.name}:${at.id}`)),
    project: asId<ProjectName>(at.project.name),
    sessionKey: asId<SessionKey>(at.key),
    agent: text(one.agent_type) || at.project.agentType,
    agentType: text(one.agent_type) || at.project.agentType,
    nativeId,
    pastIds: past
      .map(text)
      .filter(Boolean)
      .map((id) => asId<NativeId>(id)),
    name: emptyNames.has(name) ? null : name,
    workDir: at.workDir,
    mode: null,
    model: null,
    effort: null,
    active: at.isActive,
    recap: false,
    recapFrom: null,
    address: null,
    createdAt: time(one.created_at),
    updatedAt,
    lastUserAt: time(one.last_user_activity) || updatedAt,
  };
  return { row, history: historyOf(one.history) };
}

function historyOf(value: unknown): readonly HistoryRow[] {
  return (Array.isArray(value) ? value : []).flatMap((entry) => {
    const { role, content, timestamp } = fields(entry);
    if ((role !== 'user' && role !== 'assistant') || typeof content !== 'string') return [];
    return [{ role, text: content, at: time(timestamp) }];
  });
}

function fields(value: unknown): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {};
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** ms since the epoch; the Go version writes its zero time as the year 1. */
function time(value: unknown): number {
  const ms = Date.parse(text(value));
  return Number.isFinite(ms) && ms > 0 ? ms : 0;
}
