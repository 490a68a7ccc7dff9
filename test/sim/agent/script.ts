/**
 * The language in which a prompt tells the scripted agents what to do. Directives stand on lines of their own or are
 * separated by ` ;; `; everything else is ignored, so that prefixes the engine adds do no harm.
 *
 *   say: TEXT              one block of text
 *   stream: N M [WORD]     N chunks of text, one every M ms; each is WORD (default "chunk ") with its number
 *   big: N [WORD]          N characters of text in one chunk; with WORD they are words WORD1 WORD2 … to the end
 *   think: TEXT            thinking
 *   tool: NAME {json}      a tool that runs without being asked for
 *   ask: NAME {json}       a tool that needs permission; what was answered is in the text
 *   question: TEXT | A | B a question with options
 *   slow: S                S seconds of silence (fractions allowed)
 *   hang                   silence until interrupted or killed
 *   crash: CODE            the process ends in the middle of the turn (default 1)
 *   kill                   the process dies by SIGKILL in the middle of the turn
 *   spawn-child: S         leaves a child in a process group of its own that lives S seconds (default 600)
 *   background: S TEXT     a task that reports after the turn: S seconds later an unasked turn says TEXT
 *   error: STATUS          the model answers with this HTTP status, the turn fails
 *   token: WORD            the echo is WORD instead of the whole prompt
 *
 * Each answer ends with a line `echo:<prompt>` for every prompt that the turn took in.
 */
export type Step =
  | { readonly do: 'say' | 'think'; readonly text: string }
  | { readonly do: 'stream'; readonly chunks: number; readonly everyMs: number; readonly word: string }
  | { readonly do: 'big'; readonly chars: number; readonly word: string }
  | { readonly do: 'tool' | 'ask'; readonly name: string; readonly input: Readonly<Record<string, unknown>> }
  | { readonly do: 'question'; readonly text: string; readonly options: readonly string[] }
  | { readonly do: 'slow'; readonly ms: number }
  | { readonly do: 'hang' | 'kill' }
  | { readonly do: 'crash'; readonly code: number }
  | { readonly do: 'spawn-child'; readonly seconds: number }
  | { readonly do: 'background'; readonly ms: number; readonly text: string }
  | { readonly do: 'error'; readonly status: number };

const DIRECTIVE =
  /^(say|stream|big|think|tool|ask|question|slow|hang|crash|kill|spawn-child|background|error)\b\s*:?\s*([\s\S]*)$/;

/** The steps of a prompt, in order. */
export function parseScript(prompt: string): Step[] {
  const parts = prompt.split(/\n|\s;;\s/);
  return parts.flatMap((part) => {
    const match = DIRECTIVE.exec(part.trim());
    if (match === null) return [];
    const [, word = '', rest = ''] = match;
    // A bare word is only a directive where it needs nothing behind it.
    if (!part.includes(':') && !['hang', 'crash', 'kill', 'spawn-child'].includes(part.trim())) return [];
    return [step(word, rest.trim())];
  });
}

/** What the answer repeats, so that it can be told from every other. */
export function echoOf(prompt: string): string {
  const token = /(?:^|\n|;;)\s*token:\s*(\S+)/.exec(prompt)?.[1];
  return `echo:${token ?? prompt}`;
}

function step(word: string, rest: string): Step {
  const [first = '', second = '', third = ''] = rest.split(/\s+/);
  switch (word) {
    case 'say':
    case 'think':
      return { do: word, text: rest };
    case 'stream':
      return {
        do: 'stream',
        chunks: Number(first) || 1,
        everyMs: Number(second) || 0,
        word: third || 'chunk ',
      };
    case 'big':
      return { do: 'big', chars: Number(first) || 0, word: second };
    case 'tool':
    case 'ask':
      return { do: word, ...toolCall(rest) };
    case 'question': {
      const [text = '', ...options] = rest.split('|').map((item) => item.trim());
      return { do: 'question', text, options };
    }
    case 'slow':
      return { do: 'slow', ms: Number(first) * 1000 };
    case 'crash':
      return { do: 'crash', code: first === '' ? 1 : Number(first) };
    case 'spawn-child':
      return { do: 'spawn-child', seconds: first === '' ? 600 : Number(first) };
    case 'background':
      return { do: 'background', ms: Number(first) * 1000, text: rest.slice(first.length).trim() };
    case 'error':
      return { do: 'error', status: Number(first) };
    case 'kill':
      return { do: 'kill' };
    default:
      return { do: 'hang' };
  }
}

function toolCall(rest: string): { name: string; input: Readonly<Record<string, unknown>> } {
  const brace = rest.indexOf('{');
  const name = (brace < 0 ? rest : rest.slice(0, brace)).trim() || 'Bash';
  const fallback = { command: 'echo hello', description: 'say hello' };
  return { name, input: brace < 0 ? fallback : JSON.parse(rest.slice(brace)) };
}
