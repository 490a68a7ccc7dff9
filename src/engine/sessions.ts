import type { Address } from '../core/address.ts';
import { asId, type NativeId, type SessionId, type SessionKey } from '../core/ids.ts';
import { sortableId } from '../kit/ids.ts';
import type { InputRow, SessionRow } from '../store/rows.ts';
import type { SessionChange } from '../store/transactions.ts';
import { pinnedAt } from './agent-pins.ts';
import type { RosterMember } from './agent-roster.ts';
import { persist } from './persist.ts';
import type { ProjectContext } from './project-context.ts';

export interface NewSession {
  readonly name?: string;
  readonly workDir?: string;
  readonly nativeId?: NativeId;
  /** Mode, model and effort are those of the conversation it follows. */
  readonly keepSettings?: boolean;
  /** The conversation it follows; default: the active one. The new one is held with the same agent. */
  readonly after?: SessionRow;
}

/** The conversations of one session key: one is active, the others can be switched to. Each belongs to one agent. */
export class Sessions {
  private readonly context: ProjectContext;
  private key: SessionKey;
  private current: SessionRow | undefined;
  /** The newest conversations with the other agents, by agent, as far as they were asked for. */
  private readonly others = new Map<string, SessionRow>();
  /** The one the store has as active. */
  private storedActive: SessionId | undefined;
  private loaded = false;

  constructor(context: ProjectContext, key: SessionKey) {
    this.context = context;
    this.key = key;
  }

  /** The chat got a new id, and with it perhaps a new key. */
  moved(key: SessionKey): void {
    this.key = key;
    const here = (row: SessionRow): SessionRow => {
      const address = row.address && this.context.delivery.placeOf(row.address);
      return { ...row, sessionKey: key, address };
    };
    if (this.current) this.current = here(this.current);
    for (const [name, row] of this.others) this.others.set(name, here(row));
  }

  /** The active conversation, or a new one that is stored with the first thing that refers to it. */
  active(address: Address): SessionRow {
    this.load();
    const { agents } = this.context;
    const member = this.memberAt(address);
    if (this.current && agents.of(this.current)?.name === member.name) return this.current;
    return this.put({ ...this.with(member, address), active: true });
  }

  /** The conversation with this agent: the active one if it is its, else its newest, else a new one beside it. */
  with(member: RosterMember, address: Address): SessionRow {
    this.load();
    const { agents } = this.context;
    const isIts = (row: SessionRow | undefined) => row !== undefined && agents.of(row)?.name === member.name;
    if (this.current && isIts(this.current)) return this.current;
    const known = this.others.get(member.name);
    if (known && isIts(known)) return known;
    const row = this.list().find(isIts) ?? this.fresh(member, address);
    this.others.set(member.name, { ...row, active: false });
    return row;
  }

  /**
   * The conversation an input belongs to: the one it was meant for when it arrived, while that one's agent is still
   * there; else that of the agent it is addressed to; else the active one.
   */
  targetOf(input: InputRow): SessionRow {
    const meant = input.sessionId ? this.byId(input.sessionId) : undefined;
    if (meant && (input.agent !== null || this.context.agents.of(meant))) return meant;
    const { address } = input.body;
    if (input.agent === null) return this.active(address);
    const member = this.context.agents.named(input.agent);
    return member ? this.with(member, address) : this.fresh({ name: input.agent, type: '' }, address);
  }

  /** Whether it is the conversation that its agent goes on with. */
  isNewest(id: SessionId): boolean {
    return this.current?.id === id || [...this.others.values()].some((row) => row.id === id);
  }

  /** What makes it the active one is still to be stored: with the next message, or by `stored`. */
  isUnstored(row: SessionRow): boolean {
    return row.active && row.id !== this.storedActive;
  }

  /** It was stored as the active one, with a message. */
  wasStored(row: SessionRow): void {
    if (this.current?.id === row.id) this.storedActive = row.id;
  }

  /** The active conversation, stored for certain: for changes to its row. */
  async stored(address: Address): Promise<SessionRow> {
    const row = this.active(address);
    if (!this.context.queries.session(row.id)) await this.store(row);
    else if (this.storedActive !== row.id) await this.storeActive(row);
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
    if (this.current?.id === id) return this.current;
    return [...this.others.values()].find((row) => row.id === id) ?? this.context.queries.session(id);
  }

  /** Starts a new conversation with the same agent; the old one stays in the list. */
  async create(address: Address, how: NewSession = {}): Promise<SessionRow> {
    const old = how.after ?? this.active(address);
    const member = this.context.agents.of(old) ?? this.memberAt(address);
    const active = this.current === undefined || this.current.id === old.id;
    const settings = how.keepSettings ? { mode: old.mode, model: old.model, effort: old.effort } : {};
    const row: SessionRow = {
      ...this.fresh(member, address),
      ...settings,
      active,
      name: how.name ?? null,
      workDir: how.workDir ?? old.workDir,
      nativeId: how.nativeId ?? null,
    };
    await this.store(row);
    if (active) this.current = row;
    else this.others.set(member.name, row);
    return row;
  }

  /** Goes on with another conversation; what was active stays its agent's newest. */
  async activate(row: SessionRow): Promise<SessionRow> {
    const active = { ...row, active: true };
    if (this.context.queries.session(row.id)) await this.storeActive(active);
    else await this.store(active);
    return this.put(active);
  }

  /** Changes the stored row and, if it is a current one, the copy in memory. */
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
    for (const [name, row] of this.others) if (row.id === id) this.others.set(name, { ...row, ...change });
  }

  /** A person spoke in the active conversation without a prompt of their own; stored with the message itself. */
  touch(row: InputRow): void {
    const id = row.sessionId ?? this.current?.id;
    if (id) this.remember(id, { lastUserAt: row.receivedAt, address: row.body.address });
  }

  /** Makes it the current one in memory. */
  private put(row: SessionRow): SessionRow {
    const { agents } = this.context;
    const old = this.current;
    const left = old && agents.of(old)?.name;
    const name = agents.of(row)?.name;
    if (name) this.others.delete(name);
    if (old && left && left !== name) this.others.set(left, { ...old, active: false });
    this.current = row;
    return row;
  }

  private memberAt(address: Address): RosterMember {
    const { agents } = this.context;
    return pinnedAt(this.context, address) ?? (this.current && agents.of(this.current)) ?? agents.first;
  }

  private async store(row: SessionRow): Promise<void> {
    await persist(this.context, 'createSession', { session: row, deactivateOthers: row.active });
    if (row.active) this.storedActive = row.id;
  }

  private async storeActive(row: SessionRow): Promise<void> {
    const { id, sessionKey } = row;
    const project = this.context.name;
    await persist(this.context, 'activateSession', { id, project, sessionKey, at: Date.now() });
    this.storedActive = id;
  }

  private load(): void {
    if (this.loaded) return;
    this.loaded = true;
    const row = this.context.queries.activeSession(this.context.name, this.key);
    this.storedActive = row?.id;
    // An agent that is not there any more cannot go on, and no other can for it.
    if (row && this.context.agents.of(row)) this.current = row;
  }

  private fresh(member: Pick<RosterMember, 'name' | 'type'>, address: Address): SessionRow {
    const now = Date.now();
    return {
      id: asId<SessionId>(sortableId(now)),
      project: this.context.name,
      sessionKey: this.key,
      agent: member.name,
      agentType: member.type,
      nativeId: null,
      pastIds: [],
      name: null,
      workDir: null,
      mode: null,
      model: null,
      effort: null,
      active: false,
      recap: false,
      recapFrom: null,
      address,
      createdAt: now,
      updatedAt: now,
      lastUserAt: 0,
    };
  }
}
