import type { Runs } from './evidence.ts';
import type { Seen } from './place.ts';

/** What is wrong with the words of one turn as they stand in the chat. */
export interface WordFault {
  readonly fault: 'lost' | 'repeated' | 'order';
  readonly what: string;
}

/**
 * Checks each word that the agent said in a turn: scripted texts consist of numbered words (`half-T`, `Tc1 Tc2 …`,
 * `Tn1 Tn2 …`). Every word of a text that the agent finished must be in the chat, of an unfinished one any beginning;
 * each stands there once and in order. `isMarked`: a message that says it is a repeat may repeat what is there.
 * `stoppedAt`: what the agent begins with a message after the turn that it joined was told to stop, nobody wants to hear.
 */
export function checkWords(
  token: string,
  messages: readonly Seen[],
  runs: Runs | undefined,
  isMarked: (text: string) => boolean,
  stoppedAt = Number.POSITIVE_INFINITY,
): WordFault[] {
  const shown: string[] = [];
  for (const { text } of messages) {
    const words = wordsOf(token, text);
    if (isMarked(text) && words.every((word) => shown.includes(word))) continue;
    shown.push(...words);
  }
  const faults: WordFault[] = [];
  const twice = shown.filter((word, at) => shown.indexOf(word) < at);
  if (twice.length > 0) faults.push({ fault: 'repeated', what: `${some(twice)} twice` });
  const late = shown.filter((word, at) => at > 0 && rank(word) < rank(shown[at - 1] ?? ''));
  if (late.length > 0) faults.push({ fault: 'order', what: `${some(late)} too late` });
  const there = new Set(shown);
  const missing = [...new Set([...saidIn(token, runs, stoppedAt), ...before(shown)])].filter(
    (word) => !there.has(word),
  );
  if (missing.length > 0) faults.push({ fault: 'lost', what: `without ${some(missing)}` });
  return faults;
}

function wordsOf(token: string, text: string): string[] {
  return [...text.matchAll(new RegExp(`half-${token}\\b|\\b${token}[cn]\\d+\\b`, 'g'))].map(([word]) => word);
}

/** The words of texts that the last run finished, if it began before it was told to stop. */
function saidIn(token: string, runs: Runs | undefined, stoppedAt: number): string[] {
  const began = runs?.starts.at(-1)?.at ?? 0;
  if (began >= stoppedAt) return [];
  return (runs?.said ?? []).filter(({ at }) => at >= began).flatMap(({ text = '' }) => wordsOf(token, text));
}

/** All that must stand before what is there: nothing is left out in the middle. */
function before(shown: readonly string[]): string[] {
  const last = new Map<string, number>();
  for (const word of shown) {
    const [, series = '', number = ''] = /^(.*[cn])(\d+)$/.exec(word) ?? [];
    if (series !== '') last.set(series, Math.max(last.get(series) ?? 0, Number(number)));
  }
  return [...last].flatMap(([series, end]) => Array.from({ length: end }, (_, at) => `${series}${at + 1}`));
}

/** Halves come first, then the numbers as they count. */
function rank(word: string): number {
  return Number(/[cn](\d+)$/.exec(word)?.[1] ?? 0);
}

function some(words: readonly string[]): string {
  return words.length <= 4
    ? words.join(' ')
    : `${words.slice(0, 3).join(' ')} … ${words.at(-1)} (${words.length})`;
}
