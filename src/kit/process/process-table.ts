import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { sharedNext } from '../shared-next.ts';

/**
 * One running process. `startTime` names it beyond its pid: two processes
 * that share a pid at different times never share it.
 */
export interface ProcessInfo {
  pid: number;
  ppid: number;
  /** Process group id. */
  pgid: number;
  /** Session id; 0 where the system does not tell (macOS). */
  sid: number;
  /** Linux: `<boot id>:<ticks since boot>`. macOS: the start date as `ps` prints it. */
  startTime: string;
  /** Short command name, for naming the process to a person. */
  name: string;
}

/** A process by number and start time, enough to kill it without hitting a later owner of the pid. */
export type ProcessIdentity = Pick<ProcessInfo, 'pid' | 'startTime'>;

/** Files of /proc read at the same time; bounds open descriptors. */
const READ_WIDTH = 32;

const run = promisify(execFile);
let bootId: Promise<string> | undefined;

/** All living processes; zombies are left out. Empty on Windows. */
export async function processTable(): Promise<ProcessInfo[]> {
  if (process.platform === 'linux') return sharedTable();
  if (process.platform === 'win32') return [];
  return parsePs(await ps(['-axo', PS_COLUMNS]));
}

/** When the process started (see {@link ProcessInfo.startTime}); undefined when it is gone or a zombie. */
export async function startTime(pid: number): Promise<string | undefined> {
  if (process.platform === 'linux') return (await linuxProcess(pid, await linuxBootId()))?.startTime;
  if (process.platform === 'win32') return undefined;
  return parsePs(await ps(['-o', PS_COLUMNS, '-p', String(pid)]))[0]?.startTime;
}

/**
 * Pids whose *initial* environment holds `assignment` (`NAME=value`).
 * Processes of other users cannot be read and are left out.
 */
export async function pidsWithEnvironment(assignment: string): Promise<number[]> {
  if (process.platform === 'win32') return [];
  if (process.platform === 'linux') {
    const name = assignment.slice(0, assignment.indexOf('=') + 1);
    const look = environments.get(name) ?? sharedNext(() => linuxAssignments(name));
    environments.set(name, look);
    return (await look()).flatMap((one) => (one.assignment === assignment ? [one.pid] : []));
  }
  const text = await ps(['-axEww', '-o', 'pid=,command=']);
  return parsePsEnvironment(text, assignment);
}

// ---- Linux ----

/** Many agents may be closed at once, each of them looking again and again. */
const sharedTable = sharedNext(linuxTable);
const environments = new Map<string, () => Promise<{ pid: number; assignment: string }[]>>();

/** The processes whose initial environment has a variable, `name` being its name and `=`. */
async function linuxAssignments(name: string): Promise<{ pid: number; assignment: string }[]> {
  return inSlices(await linuxPids(), async (pid) => {
    const environ = await readProc(`/proc/${pid}/environ`);
    const at = environ === undefined ? -1 : `\0${environ}`.indexOf(`\0${name}`);
    if (environ === undefined || at < 0) return undefined;
    return { pid, assignment: environ.slice(at, (environ.indexOf('\0', at) + 1 || environ.length + 1) - 1) };
  });
}

async function linuxTable(): Promise<ProcessInfo[]> {
  const boot = await linuxBootId();
  return inSlices(await linuxPids(), (pid) => linuxProcess(pid, boot));
}

async function linuxPids(): Promise<number[]> {
  const names = await readdir('/proc');
  return names.filter((name) => /^\d+$/.test(name)).map(Number);
}

function linuxBootId(): Promise<string> {
  bootId ??= readFile('/proc/sys/kernel/random/boot_id', 'utf8').then(
    (text) => text.trim(),
    () => 'boot', // hidden in some sandboxes; ticks alone still tell processes of one boot apart
  );
  return bootId;
}

async function linuxProcess(pid: number, boot: string): Promise<ProcessInfo | undefined> {
  const stat = await readProc(`/proc/${pid}/stat`);
  return stat === undefined ? undefined : parseStat(pid, stat, boot);
}

/** Reads one line of proc(5) `stat`; undefined for zombies and dead entries. */
export function parseStat(pid: number, stat: string, boot: string): ProcessInfo | undefined {
  // The name is in parentheses and may itself hold spaces and parentheses.
  const open = stat.indexOf('(');
  const close = stat.lastIndexOf(')');
  const fields = stat.slice(close + 2).split(' ');
  const state = fields[0];
  if (open < 0 || close < open || state === undefined || state === 'Z' || state === 'X') return undefined;
  return {
    pid,
    ppid: Number(fields[1]),
    pgid: Number(fields[2]),
    sid: Number(fields[3]),
    startTime: `${boot}:${fields[19]}`,
    name: stat.slice(open + 1, close),
  };
}

async function readProc(path: string): Promise<string | undefined> {
  // A process may end, or belong to someone else, between listing and reading.
  return readFile(path, 'utf8').catch(() => undefined);
}

async function inSlices<T>(pids: number[], read: (pid: number) => Promise<T | undefined>): Promise<T[]> {
  const found: T[] = [];
  for (let at = 0; at < pids.length; at += READ_WIDTH) {
    for (const item of await Promise.all(pids.slice(at, at + READ_WIDTH).map(read))) {
      if (item !== undefined) found.push(item);
    }
  }
  return found;
}

// ---- macOS and other systems with ps(1) ----

const PS_COLUMNS = 'pid=,ppid=,pgid=,stat=,lstart=,comm=';

async function ps(args: string[]): Promise<string> {
  const options = { maxBuffer: 64 * 1024 * 1024, env: { ...process.env, LC_ALL: 'C' } };
  // ps exits 1 when no process matches, which is an answer and no failure.
  return run('ps', args, options).then(
    (result) => result.stdout,
    () => '',
  );
}

/** Reads `ps -o pid=,ppid=,pgid=,stat=,lstart=,comm=`; `lstart` is five words. */
export function parsePs(text: string): ProcessInfo[] {
  const found: ProcessInfo[] = [];
  for (const line of text.split('\n')) {
    const match = /^\s*(\d+)\s+(\d+)\s+(\d+)\s+(\S+)\s+(\S+\s+\S+\s+\S+\s+\S+\s+\S+)\s+(.*)$/.exec(line);
    if (match === null || match[4]?.startsWith('Z')) continue;
    const [, pid, ppid, pgid, , lstart = '', name = ''] = match;
    const startTime = lstart.replace(/\s+/g, ' ');
    found.push({ pid: Number(pid), ppid: Number(ppid), pgid: Number(pgid), sid: 0, startTime, name });
  }
  return found;
}

/** Reads `ps -axEww -o pid=,command=`, where the environment follows the command line. */
export function parsePsEnvironment(text: string, assignment: string): number[] {
  const found: number[] = [];
  for (const line of text.split('\n')) {
    if (` ${line} `.includes(` ${assignment} `)) found.push(Number.parseInt(line, 10));
  }
  return found.filter((pid) => Number.isInteger(pid));
}
