import {
  type ProcessIdentity,
  type ProcessInfo,
  pidsWithEnvironment,
  processTable,
} from './process-table.ts';

/** The environment variable by which everything an agent started is known as ours. */
export const OWNER_VARIABLE = 'CC_CONNECT_OWNER';

/** What is known of a child we once spawned as leader of its own process group. */
export interface ChildRecord {
  pid: number;
  /** As given by `startTime(pid)` right after the spawn; undefined when it could not be read. */
  startTime: string | undefined;
  /** The value of {@link OWNER_VARIABLE} it was given. */
  marker: string;
}

/**
 * Finds every living process that stems from `child`: itself, its descendants,
 * its group and session, and whatever carries its marker (tools that were
 * re-parented to init in a group of their own). `known` are processes seen
 * earlier as its descendants; they count while their start time still matches.
 * Never holds this very process.
 */
export async function kin(
  child: ChildRecord,
  known: readonly ProcessIdentity[] = [],
): Promise<ProcessInfo[]> {
  const marked = new Set(await pidsWithEnvironment(`${OWNER_VARIABLE}=${child.marker}`));
  const table = await processTable();
  return select(table, child, marked, known);
}

/** Pure part of {@link kin}. */
export function select(
  table: readonly ProcessInfo[],
  child: ChildRecord,
  marked: ReadonlySet<number>,
  known: readonly ProcessIdentity[],
): ProcessInfo[] {
  const byPid = new Map(table.map((info) => [info.pid, info]));
  const found = new Map<number, ProcessInfo>();
  const leader = byPid.get(child.pid);
  // A pid is not given out again while a group or session still bears it, so
  // the group is ours unless the pid itself now names another process.
  const groupIsOurs = leader === undefined || leader.startTime === child.startTime;
  if (leader !== undefined && groupIsOurs) found.set(leader.pid, leader);
  for (const info of table) {
    const inGroup = groupIsOurs && (info.pgid === child.pid || info.sid === child.pid);
    if (inGroup || marked.has(info.pid)) found.set(info.pid, info);
  }
  for (const { pid, startTime } of known) {
    const info = byPid.get(pid);
    if (info?.startTime === startTime) found.set(pid, info);
  }
  addDescendants(table, found);
  found.delete(process.pid);
  return [...found.values()];
}

function addDescendants(table: readonly ProcessInfo[], found: Map<number, ProcessInfo>): void {
  const children = new Map<number, ProcessInfo[]>();
  for (const info of table) {
    const siblings = children.get(info.ppid);
    if (siblings === undefined) children.set(info.ppid, [info]);
    else siblings.push(info);
  }
  const open = [...found.keys()].filter((pid) => pid !== process.pid);
  for (let pid = open.pop(); pid !== undefined; pid = open.pop()) {
    for (const info of children.get(pid) ?? []) {
      if (found.has(info.pid)) continue;
      found.set(info.pid, info);
      open.push(info.pid);
    }
  }
}
