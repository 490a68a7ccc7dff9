/**
 * The prompt is the model's script. Directives, one per line or separated by ` ;; `:
 *
 * - `say: text` — text, streamed in small pieces
 * - `think: text` — a thinking block
 * - `pre: text` — text in front of a tool call
 * - `tool: NAME {json}` — one tool call; ends the model's answer of this round
 * - `tools: [["NAME", {…}], …]` — several calls in one answer
 * - `slow: S` — the text of this round takes S seconds
 * - `hang: S` — the answer of this round begins after S seconds
 * - `error: STATUS` — every request of this round fails; `error-once: STATUS` only the first
 * - `drop` — the connection is cut in the middle of this round's text
 * - `anew` — what stands in front of it does not count, as some agents join a prompt with one that failed
 * - `images` — says how many images the prompt held, with their media types
 *
 * A line without a directive is ignored; a prompt without any is answered with a greeting.
 */
export type Step =
  | { readonly kind: 'text' | 'think'; readonly text: string }
  | { readonly kind: 'tool'; readonly name: string; readonly input: unknown }
  | { readonly kind: 'images' };

/** What the model does in one request of the turn. */
export interface Round {
  readonly steps: Step[];
  slowMs: number;
  hangMs: number;
  error?: number;
  errorOnce?: number;
  drop: boolean;
}

/** Said when the prompt holds no directive. */
export const GREETING = 'Hello from the scripted model.';

const DIRECTIVE =
  /^(say|think|pre|tool|tools|slow|hang|error|error-once|drop|images|anew)(?::\s*([\s\S]*))?$/;

/** Directives that take no argument. */
const BARE = new Set(['drop', 'images', 'anew']);

/** Whether the text holds at least one directive. */
export function isScript(text: string): boolean {
  return directives(text).length > 0;
}

/** The rounds of a script; always at least one, the last one without tool calls. */
export function parseScript(text: string): Round[] {
  const found = directives(text);
  let round = emptyRound();
  const rounds = [round];
  for (const [name, argument] of found) {
    if (round.steps.some((step) => step.kind === 'tool')) {
      round = emptyRound();
      rounds.push(round);
    }
    apply(round, name, argument);
  }
  if (round.steps.some((step) => step.kind === 'tool')) {
    round = emptyRound();
    rounds.push(round);
  }
  const silent = round.steps.length === 0 && round.error === undefined;
  if (silent) round.steps.push({ kind: 'text', text: rounds.length > 1 ? 'done' : GREETING });
  return rounds;
}

function directives(text: string): [name: string, argument: string][] {
  const found: [string, string][] = [];
  for (const line of text.split(/\n| ;; /)) {
    const match = DIRECTIVE.exec(line.trim());
    if (match?.[1] === undefined) continue;
    if (match[2] === undefined && !BARE.has(match[1])) continue;
    if (match[1] === 'anew') found.length = 0;
    else found.push([match[1], match[2] ?? '']);
  }
  return found;
}

function apply(round: Round, name: string, argument: string): void {
  if (name === 'say' || name === 'pre') round.steps.push({ kind: 'text', text: argument });
  else if (name === 'think') round.steps.push({ kind: 'think', text: argument });
  else if (name === 'images') round.steps.push({ kind: 'images' });
  else if (name === 'slow') round.slowMs = Number(argument) * 1000;
  else if (name === 'hang') round.hangMs = Number(argument) * 1000;
  else if (name === 'error') round.error = Number(argument);
  else if (name === 'error-once') round.errorOnce = Number(argument);
  else if (name === 'drop') round.drop = true;
  else if (name === 'tool') {
    const space = argument.indexOf(' ');
    const tool = space < 0 ? argument : argument.slice(0, space);
    const input: unknown = space < 0 ? {} : JSON.parse(argument.slice(space + 1));
    round.steps.push({ kind: 'tool', name: tool, input });
  } else {
    const calls = JSON.parse(argument) as [string, unknown][];
    for (const [tool, input] of calls) round.steps.push({ kind: 'tool', name: tool, input });
  }
}

function emptyRound(): Round {
  return { steps: [], slowMs: 0, hangMs: 0, drop: false };
}
