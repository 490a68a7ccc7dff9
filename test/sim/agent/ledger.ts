import { appendFileSync, readFileSync } from 'node:fs';

/** One line of the ledger that scripted agents keep: the proof of what was run, and how often. */
export interface LedgerEntry {
  /** `said`: a text of the turn is out and in the transcript. */
  readonly event: 'start' | 'said' | 'end';
  /** The uuid that came with the prompt; empty when none did. */
  readonly uuid: string;
  /** The prompt of a `start`, the words of a `said`. */
  readonly text?: string;
  /** Only for `end`; a killed agent leaves none. */
  readonly state?: 'ok' | 'interrupted' | 'error';
  readonly session: string;
  readonly pid: number;
  /** ms since the epoch. */
  readonly at: number;
}

/** Appends to the file in `FAKE_LEDGER`; one write per line, so that several processes may share it. */
export function noteInLedger(entry: Omit<LedgerEntry, 'pid' | 'at'>): void {
  const path = process.env.FAKE_LEDGER;
  if (!path) return;
  appendFileSync(path, `${JSON.stringify({ ...entry, pid: process.pid, at: Date.now() })}\n`);
}

/** Reads a ledger; a line cut by a kill is left out. */
export function readLedger(path: string): LedgerEntry[] {
  return readFileSync(path, 'utf8')
    .split('\n')
    .flatMap((line) => {
      try {
        return line === '' ? [] : [JSON.parse(line) as LedgerEntry];
      } catch {
        return [];
      }
    });
}
