import { type Address, laneOf, type MessageRef } from '../core/address.ts';
import {
  type ApprovalId,
  asId,
  type InputId,
  type OutboxId,
  type ProjectName,
  type TurnId,
} from '../core/ids.ts';
import type { Outgoing, Part } from '../core/outgoing.ts';
import type { Platform } from '../core/platform.ts';
import { sortableId } from '../kit/ids.ts';
import type { OutboxClass, OutboxRow } from '../store/rows.ts';

export interface PartOwner {
  readonly project: ProjectName;
  readonly turnId?: TurnId;
  readonly inputId?: InputId;
  readonly approvalId?: ApprovalId;
  readonly class?: OutboxClass;
}

/** One durable row per rendered part, in order. */
export function partsFor(
  platform: Platform,
  to: Address,
  content: Outgoing | readonly Outgoing[],
  owner: PartOwner,
  now: number,
): OutboxRow[] {
  const list = Array.isArray(content) ? (content as readonly Outgoing[]) : [content as Outgoing];
  return list.flatMap((one) => platform.render(one, to)).map((part) => rowFor(to, part, owner, now));
}

/** A row that replaces a message already sent. Content that renders to several parts shows its first only. */
export function editFor(
  platform: Platform,
  to: Address,
  ref: MessageRef,
  content: Outgoing,
  owner: PartOwner,
  now: number,
): OutboxRow[] {
  const [part] = platform.render(content, to);
  return part ? [{ ...rowFor(to, part, owner, now), editRef: ref }] : [];
}

export function rowFor(to: Address, part: Part, owner: PartOwner, now: number): OutboxRow {
  return {
    id: asId<OutboxId>(sortableId(now)),
    project: owner.project,
    account: to.account,
    lane: laneOf(to),
    class: owner.class ?? 'final',
    address: to,
    turnId: owner.turnId ?? null,
    inputId: owner.inputId ?? null,
    approvalId: owner.approvalId ?? null,
    previewId: null,
    editRef: null,
    part,
    state: 'pending',
    attempts: 0,
    nextAt: 0,
    ref: null,
    error: null,
    repeated: false,
    createdAt: now,
    sentAt: null,
  };
}

/** The first part takes over an open preview: it becomes the preview's final form. */
export function takeOverPreview(rows: readonly OutboxRow[], previewId: string | undefined): OutboxRow[] {
  if (!previewId) return [...rows];
  return rows.map((row, index) => (index === 0 ? { ...row, previewId } : row));
}
