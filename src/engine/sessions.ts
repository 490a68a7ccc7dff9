import type { Address } from '../core/address.ts';
import { asId, type NativeId, type SessionId, type SessionKey } from '../core/ids.ts';
import { sortableId } from '../kit/ids.ts';
import type { InputRow, SessionRow } from '../store/rows.ts';
import type { SessionChange } from '../store/transactions.ts';
import { persist } from './persist.ts';
import type { ProjectContext } from './project-context.ts';

/** The conversations of one session key: one is active, the others can be switched to. */
export class Sessions {
  private readonly context: ProjectContext;
  private readonly key: SessionKey;
  private current: SessionRow | undefined;
  private loaded = false;

  constructor(context: ProjectContext, key: SessionKey) {
    this.context = context;
    this.key = key;
  }

  /** The active conversation, or a new one that is stored with the first thing that refers to it. */
  active(address: Address): SessionRow {
    this.load();
    this.current ??= this.fresh({ address });
    return this.current;
  }

  /** The active conversation, stored for certain: for changes to its row. */
  async stored(address: Address): Promise<SessionRow> {
    const row = this.active(address);
    if (!this.context.queries.session(row.id))
      await persist(this.context, 'createSession', { session: row, deactivateOthers: true });
    return row;
  }

  get known(): SessionRow | undefined {
    this.load();
    return this.current;
  }

  list(): SessionRow[] {
    return this.context.queries.sessionsOf(this.context.name, this.key);
  }

  byId(id: SessionId): SessionRow | undefined {
    return this.current?.id === id ? this.current : this.context.queries.session(id);
  }

  /** Starts a new conversation; the old one stays in the list. */
  async create(
    address: Address,
    how: { name?: string; workDir?: string; nativeId?: NativeId; keepSettings?: boolean } = {},
  ): Promise<SessionRow> {
    const old = this.known;
    const settings = how.keepSettings && old ? { mode: old.mode, model: old.model, effort: old.effort } : {};
    const row: SessionRow = {
      ...this.fresh({ address }),
      ...settings,
      name: how.name ?? null,
      workDir: how.workDir ?? old?.workDir ?? null,
      nativeId: how.nativeId ?? null,
    };
    await persist(this.context, 'createSession', { session: row, deactivateOthers: true });
    this.current = row;
    return row;
  }

  async activate(row: SessionRow): Promise<void> {
    await persist(this.context, 'activateSession', {
      id: row.id,
      project: this.context.name,
      sessionKey: this.key,
      at: Date.now(),
    });
    this.current = { ...row, active: true };
  }

  /** Changes the stored row and, if it is the active one, the copy in memory. */
  async change(id: SessionId, change: SessionChange): Promise<void> {
    this.remember(id, change);
    await persist(this.context, 'changeSession', {
      id,
      change: { ...change, updatedAt: change.updatedAt ?? Date.now() },
    });
  }

  /** The in-memory half of a change that is committed with something else. */
  remember(id: SessionId, change: SessionChange): void {
    if (this.current?.id === id) this.current = { ...this.current, ...change };
  }

  /** A person spoke in the active conversation without a prompt of their own; stored with the message itself. */
  touch(row: InputRow): void {
    if (this.current)
      this.remember(this.current.id, { lastUserAt: row.receivedAt, address: row.body.address });
  }

  private load(): void {
    if (this.loaded) return;
    this.loaded = true;
    this.current = this.context.queries.activeSession(this.context.name, this.key);
    // Another agent cannot continue this one's conversation.
    if (this.current && this.current.agentType !== this.context.agent.type) this.current = undefined;
  }

  private fresh(how: { address: Address }): SessionRow {
    const now = Date.now();
    return {
      id: asId<SessionId>(sortableId(now)),
      project: this.context.name,
      sessionKey: this.key,
      agentType: this.context.agent.type,
      nativeId: null,
      pastIds: [],
      name: null,
      workDir: null,
      mode: null,
      model: null,
      effort: null,
      active: true,
      recap: false,
      address: how.address,
      createdAt: now,
      updatedAt: now,
      lastUserAt: 0,
    };
  }
}
