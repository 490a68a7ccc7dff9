import type { PromptId } from '../../core/ids.ts';
import { quoted, type TmuxServer } from './server.ts';

/** Remembered in the pane itself, so that a later start of the daemon can find the answer to a prompt. */
export interface PromptMark {
  readonly prompt: string;
  /** Row, counted from the oldest one the pane remembers, in which the prompt was typed. */
  readonly row: number;
  readonly promptLine: string;
  readonly cursorX: number;
  readonly typed: string;
}

const OPTION = '@cc-connect-prompt';
/** Enough to recognise the echo; the option travels on stdin, but stays in the server's memory. */
const MAX_TYPED = 4_000;

export async function writeMark(server: TmuxServer, pane: string, mark: PromptMark): Promise<void> {
  const value = JSON.stringify({ ...mark, typed: mark.typed.slice(0, MAX_TYPED) });
  const packed = Buffer.from(value).toString('base64');
  await server.script([`set-option -p -t ${pane} ${OPTION} ${quoted(packed)}`]);
}

/** The mark of the last prompt typed into this pane by us. */
export async function readMark(server: TmuxServer, pane: string): Promise<PromptMark | undefined> {
  const packed = await server.run(['show-options', '-p', '-q', '-v', '-t', pane, OPTION]);
  if (packed.trim() === '') return undefined;
  const mark = JSON.parse(Buffer.from(packed.trim(), 'base64').toString('utf8')) as Partial<PromptMark>;
  const { prompt, row, promptLine, cursorX, typed } = mark;
  if (typeof prompt !== 'string' || typeof row !== 'number') return undefined;
  return { prompt, row, promptLine: promptLine ?? '', cursorX: cursorX ?? 0, typed: typed ?? '' };
}

export function isAbout(mark: PromptMark | undefined, prompt: PromptId): mark is PromptMark {
  return mark?.prompt === prompt;
}
