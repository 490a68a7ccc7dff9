import { type ProcessIdentity, startTime } from './process-table.ts';

/** Names this process in a file: its pid and, where the system tells, when it started, a line each. */
export async function identityText(): Promise<string> {
  return `${process.pid}\n${(await startTime(process.pid)) ?? ''}\n`;
}

/** The process that such a text names; the start time is empty where the text has none. */
export function parseIdentity(text: string): ProcessIdentity | undefined {
  const [pid = '', started = ''] = text.split('\n');
  return /^\d+$/.test(pid) && Number(pid) > 0 ? { pid: Number(pid), startTime: started } : undefined;
}
