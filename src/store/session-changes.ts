import type { AccountId, InputId, OutboxId, ProjectName, SessionId, SessionKey } from '../core/ids.ts';
import type { InputRow, OutboxRow, SessionRow } from './rows.ts';
import type { TableAccess } from './table-access.ts';

export type SessionChange = Partial<Omit<SessionRow, 'id' | 'project' | 'sessionKey' | 'createdAt'>>;

/** The transactions about conversations. */
export const sessionChanges = {
  createSession(t: TableAccess, a: { session: SessionRow; deactivateOthers: boolean }): void {
    if (a.deactivateOthers) deactivate(t, a.session);
    t.insert('sessions', a.session);
  },

  activateSession(
    t: TableAccess,
    a: { id: SessionId; project: ProjectName; sessionKey: SessionKey; at: number },
  ): void {
    deactivate(t, a);
    t.update('sessions', { active: true, updatedAt: a.at }, { id: a.id });
  },

  changeSession(t: TableAccess, a: { id: SessionId; change: SessionChange }): void {
    t.update('sessions', a.change, { id: a.id });
  },

  /** The chat got a new id: everything that points to it follows. */
  migrateChat(
    t: TableAccess,
    a: {
      account: AccountId;
      rows: readonly { id: OutboxId; address: OutboxRow['address']; lane: string }[];
      sessions: readonly { id: SessionId; sessionKey: SessionKey; address: SessionRow['address'] }[];
      inputs: readonly { id: InputId; sessionKey: SessionKey; body: InputRow['body'] }[];
    },
  ): void {
    for (const { id, ...change } of a.rows) t.update('outbox', change, { id });
    for (const { id, ...change } of a.sessions) t.update('sessions', change, { id });
    for (const { id, ...change } of a.inputs) t.update('inputs', change, { id });
  },
};

/** No conversation of this key is the active one any more. */
export function deactivate(t: TableAccess, of: { project: ProjectName; sessionKey: SessionKey }): void {
  t.update('sessions', { active: false }, { project: of.project, sessionKey: of.sessionKey });
}
