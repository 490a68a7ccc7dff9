import { describe, expect, it } from 'vitest';
import { select } from '../../../src/kit/process/kin.ts';
import {
  type ProcessInfo,
  parsePs,
  parsePsEnvironment,
  parseStat,
  processTable,
  startTime,
} from '../../../src/kit/process/process-table.ts';

describe('the process table', () => {
  it('holds this process with a start time that stays the same', async () => {
    const own = (await processTable()).find((info) => info.pid === process.pid);
    expect(own).toMatchObject({ ppid: process.ppid, startTime: await startTime(process.pid) });
  });

  it('has no start time for a pid that is not there', async () => {
    expect(await startTime(2 ** 30)).toBeUndefined();
  });

  it('reads names with spaces and parentheses, and leaves out zombies', () => {
    const rest = '1 2 3 0 -1 4194304 98 0 0 0 0 0 0 0 20 0 1 0 82486 3133440 388';
    expect(parseStat(9, `9 (a) b (c)) S ${rest}`, 'boot')).toEqual({
      pid: 9,
      ppid: 1,
      pgid: 2,
      sid: 3,
      startTime: 'boot:82486',
      name: 'a) b (c)',
    });
    expect(parseStat(9, `9 (a) Z ${rest}`, 'boot')).toBeUndefined();
    expect(parseStat(9, '', 'boot')).toBeUndefined();
  });

  it('reads ps as macOS prints it', () => {
    const text = `    1     0     1 Ss   Sat Nov  7 06:38:10 2026     /sbin/launchd
  512     1   512 S+   Sat Nov 21 06:38:10 2026     /Applications/My App
  513   512   512 Z    Sat Nov 21 06:38:11 2026     (dead)\n`;
    expect(parsePs(text)).toEqual([
      { pid: 1, ppid: 0, pgid: 1, sid: 0, startTime: 'Sat Nov 7 06:38:10 2026', name: '/sbin/launchd' },
      {
        pid: 512,
        ppid: 1,
        pgid: 512,
        sid: 0,
        startTime: 'Sat Nov 21 06:38:10 2026',
        name: '/Applications/My App',
      },
    ]);
    const env = '  7 sleep 1 PATH=/bin OWNER=abc HOME=/\n  8 sleep 1 OWNER=abcd\n  9 sleep OWNER=abc\n';
    expect(parsePsEnvironment(env, 'OWNER=abc')).toEqual([7, 9]);
  });
});

describe('who belongs to a child', () => {
  const info = (pid: number, ppid: number, pgid: number, sid = pgid): ProcessInfo => ({
    pid,
    ppid,
    pgid,
    sid,
    startTime: `boot:${pid}`,
    name: 'x',
  });
  const pids = (found: ProcessInfo[]) => found.map((one) => one.pid).sort((a, b) => a - b);
  const child = { pid: 100, startTime: 'boot:100', marker: 'm' };
  const table = [
    info(1, 0, 1),
    info(50, 1, 50),
    info(100, 50, 100),
    info(101, 100, 100),
    info(102, 1, 100),
    info(103, 1, 103, 100),
    info(104, 101, 104),
    info(105, 104, 104),
    info(106, 1, 106),
    info(107, 106, 106),
    info(200, 50, 200),
  ];

  it('are itself, its descendants, group, session, and the marked with their descendants', () => {
    expect(pids(select(table, child, new Set([106]), []))).toEqual([100, 101, 102, 103, 104, 105, 106, 107]);
  });

  it('are its group without it, when it is gone', () => {
    const gone = table.filter((one) => one.pid !== 100);
    expect(pids(select(gone, child, new Set(), []))).toEqual([101, 102, 103, 104, 105]);
  });

  it('are none of the group of a stranger with the same pid', () => {
    expect(select(table, { ...child, startTime: 'boot:99' }, new Set(), [])).toEqual([]);
  });

  it('are those known before, unless their pid has passed on', () => {
    const known = [
      { pid: 200, startTime: 'boot:200' },
      { pid: 50, startTime: 'boot:older' },
    ];
    expect(
      pids(
        select(
          table.filter((one) => one.pid > 106),
          child,
          new Set(),
          known,
        ),
      ),
    ).toEqual([107, 200].slice(1));
  });
});
