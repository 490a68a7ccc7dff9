import type { AccountId, ProjectName, SessionId, SessionKey } from '../core/ids.ts';
import type { SessionRow } from './rows.ts';
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

  /** The chat got a new id: everything that points to it follows, and what was drawn in the old one is given up. */
  migrateChat(
    t: TableAccess,
    a: {
      project: ProjectName;
      account: AccountId;
      from: string;
      to: string;
      keys: readonly (readonly [SessionKey, SessionKey])[];
    },
  ): void {
    for (const [from, to] of a.keys) renameKey(t, a, from, to);
    const here =
      "project = ? AND json_extract(address, '$.account') = ? AND json_extract(address, '$.chat') = ?";
    const move = "address = json_set(json_remove(address, '$.replyTo'), '$.chat', ?)";
    const place = [a.project, a.account, a.from];
    t.statement(`UPDATE sessions SET ${move} WHERE ${here}`).run(a.to, ...place);
    t.statement(`UPDATE turns SET ${move} WHERE ${here} AND finished_at IS NULL`).run(a.to, ...place);
    t.statement(
      `UPDATE outbox SET ${move}, lane = account || '|' || ? || '|' || COALESCE(json_extract(address, '$.thread'), '')
         WHERE ${here} AND state IN ('pending', 'sending', 'held')`,
    ).run(a.to, a.to, ...place);
    t.statement(
      `UPDATE inputs SET body = json_set(body, '$.address.chat', ?)
         WHERE project = ? AND account = ? AND finished_at IS NULL AND json_extract(body, '$.address.chat') = ?`,
    ).run(a.to, ...place);
    // One whose creation was never heard of may have followed the chat: it is looked for there.
    t.statement(`UPDATE previews SET ${move} WHERE ${here} AND state = 'intent' AND ref IS NULL`).run(
      a.to,
      ...place,
    );
    t.statement(
      `UPDATE previews SET state = 'discarded' WHERE ${here} AND state IN ('intent', 'open', 'closing')`,
    ).run(...place);
    t.statement(`DELETE FROM progress_cards WHERE ${here}`).run(...place);
  },
};

/** No conversation of this key is the active one any more. */
export function deactivate(t: TableAccess, of: { project: ProjectName; sessionKey: SessionKey }): void {
  t.update('sessions', { active: false }, { project: of.project, sessionKey: of.sessionKey });
}

/** What is active where the chat is now stays so: somebody has spoken there already. */
function renameKey(
  t: TableAccess,
  a: { project: ProjectName; account: AccountId },
  from: SessionKey,
  to: SessionKey,
): void {
  const active = 'SELECT 1 FROM sessions WHERE project = ? AND session_key = ? AND active = 1';
  if (t.statement(active).get(a.project, to)) deactivate(t, { project: a.project, sessionKey: from });
  t.update('sessions', { sessionKey: to }, { project: a.project, sessionKey: from });
  t.update('turns', { sessionKey: to }, { project: a.project, sessionKey: from });
  t.update('approvals', { sessionKey: to }, { project: a.project, sessionKey: from });
  t.update('inputs', { sessionKey: to }, { project: a.project, account: a.account, sessionKey: from });
}
