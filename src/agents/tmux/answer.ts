import { type Hunk, newLines } from './diff.ts';

/** What is known about the program whose screen is read. */
export interface Reading {
  readonly promptPattern: RegExp | undefined;
  readonly busyPattern: RegExp | undefined;
  readonly stripPatterns: readonly RegExp[];
  readonly stripInputBlock: boolean;
}

/** The screen when a prompt was typed, and what was typed. */
export interface Asked {
  readonly before: readonly string[];
  /** The line in which the program waited, up to the cursor; empty where it was not at a prompt. */
  readonly promptLine: string;
  readonly typed: string;
}

export interface Answer {
  readonly lines: readonly string[];
  /** A line that says that the program waits stands below what was typed. */
  readonly prompted: boolean;
  readonly busy: boolean;
}

/** How far from the bottom a prompt may stand: terminal agents have status lines below it. */
const BOTTOM = 6;
/** Program output that may come in front of the echo of what was typed. */
const ECHO_WITHIN = 4;

/** Takes the program's answer out of what the screen shows now. */
export function readAnswer(asked: Asked, now: readonly string[], reading: Reading): Answer {
  const hunk = newLines(asked.before, now);
  const echo = echoLength(hunk, asked);
  const after = hunk.fresh.slice(echo);
  const { promptPattern } = reading;
  const isPrompt = (line: string) =>
    promptPattern === undefined
      ? asked.promptLine !== '' && line === asked.promptLine.trimEnd()
      : line !== '' && promptPattern.test(line);
  const bottom = [...after, ...hunk.below].filter((line) => line !== '').slice(-BOTTOM);
  const shown = reading.stripInputBlock ? after : hunk.fresh;
  // A prompt that stood there before is below already; a line that merely looks like one is the answer's.
  const lines = hunk.below.some(isPrompt) ? shown : withoutPrompt(shown, isPrompt);
  return {
    lines: tidied(lines.filter((line) => !reading.stripPatterns.some((pattern) => pattern.test(line)))),
    prompted: bottom.some(isPrompt),
    busy: reading.busyPattern !== undefined && bottom.some((line) => reading.busyPattern?.test(line)),
  };
}

/** How many of the new lines are what was typed, shown back. */
function echoLength({ fresh, replaced }: Hunk, { typed, promptLine }: Asked): number {
  const wanted = squeezed(typed);
  if (wanted === '') return 0;
  for (let start = 0; start < Math.min(fresh.length, ECHO_WITHIN); start++) {
    const line = fresh[start] ?? '';
    const leads = [promptLine, ...replaced.slice(0, 1)].map((lead) => lead.trimEnd());
    const lead = leads.find((one) => one !== '' && line.startsWith(one));
    const length = echoFrom(fresh, start, lead?.length ?? 0, wanted);
    if (length > 0) return start + length;
    if (/\[Pasted (?:text|content)\b/i.test(line)) return start + 1;
  }
  return 0;
}

/** Lines from `start` on that spell `wanted`, decoration and line breaks aside; 0 when they do not. */
function echoFrom(fresh: readonly string[], start: number, lead: number, wanted: string): number {
  let rest = wanted;
  for (let at = start; at < fresh.length; at++) {
    const line = fresh[at] ?? '';
    const plain = squeezed(at === start ? line.slice(lead) : line);
    const bare = plain.replace(DECORATION, '');
    const part = [plain, bare].find((one) => one !== '' && (rest.startsWith(one) || one.startsWith(rest)));
    if (part === undefined) {
      if (plain === '' || bare === '') continue;
      return 0;
    }
    // A right border of an input box may follow.
    if (part.length >= rest.length)
      return part.slice(rest.length).replace(DECORATION, '') === '' ? at - start + 1 : 0;
    rest = rest.slice(part.length);
  }
  // A slow program is still showing it.
  return rest === wanted ? 0 : fresh.length - start;
}

/** Prompt signs and borders around what was typed. */
const DECORATION = /^[>❯›»$#%│┃|▌▎•*·.…╭╮╰╯─]+/u;

/** Without what a terminal may lose: blanks at line ends, and the joiners inside of emoji. */
function squeezed(text: string): string {
  return text.replaceAll(/\s|\p{Cf}|\p{Variation_Selector}/gu, '');
}

/** Without the prompt the program shows below its answer. */
function withoutPrompt(lines: readonly string[], isPrompt: (line: string) => boolean): readonly string[] {
  let end = lines.length;
  while (end > 0 && lines[end - 1] === '') end--;
  const bottom = Math.max(0, end - BOTTOM);
  for (let at = end - 1; at >= bottom; at--) if (isPrompt(lines[at] ?? '')) return lines.slice(0, at);
  return lines;
}

function tidied(lines: readonly string[]): readonly string[] {
  const first = lines.findIndex((line) => line !== '');
  const last = lines.findLastIndex((line) => line !== '');
  return first < 0 ? [] : lines.slice(first, last + 1);
}
