/** What a bench prompt asks of the scripted agent, and how its parts are found again in the calls of a platform. */
export interface Plan {
  readonly turn: number;
  /** From the prompt to the first delta, ms. */
  readonly thinkMs: number;
  /** Deltas after the first. */
  readonly deltas: number;
  readonly everyMs: number;
}

export function promptOf(plan: Plan): string {
  return `bench ${plan.turn} ${plan.thinkMs} ${plan.deltas} ${plan.everyMs}`;
}

export function planOf(prompt: string): Plan | undefined {
  const match = /bench (\d+) (\d+) (\d+) (\d+)/.exec(prompt);
  if (!match) return undefined;
  const [turn = 0, thinkMs = 0, deltas = 0, everyMs = 0] = match.slice(1).map(Number);
  return { turn, thinkMs, deltas, everyMs };
}

export const firstWord = (turn: number): string => `begun${turn}x`;
export const lastWord = (turn: number): string => `ended${turn}x`;

/** The turns whose first or last word this text holds. */
export function wordsIn(text: string): { readonly word: 'begun' | 'ended'; readonly turn: number }[] {
  return [...text.matchAll(/(begun|ended)(\d+)x/g)].map((match) => ({
    word: match[1] === 'begun' ? 'begun' : 'ended',
    turn: Number(match[2]),
  }));
}

const sentences = [
  'The **store** keeps every message before anything else happens. ',
  'See `src/main.ts` for the `open()` call, and [the guide](https://example.com/guide).\n\n',
  '- first it reads the configuration\n- then it opens the store\n\n',
  'It took *three* attempts, of which the last one went through.\n\n',
  '```ts\nconst answer = await agent.ask(question);\n```\n\n',
];

/** Text as agents write it: prose, lists, code. Numbered, as no answer repeats itself. */
export function proseAt(index: number): string {
  const sentence = sentences[index % sentences.length] ?? '';
  return sentence.replace(/store|guide|configuration|attempts|question/, (word) => `${word}${index}`);
}
