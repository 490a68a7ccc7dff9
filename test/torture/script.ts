import type { Dice } from './dice.ts';
import type { Place } from './place.ts';

export type Kind =
  | 'plain'
  | 'stream'
  | 'frozen'
  | 'ask'
  | 'slow'
  | 'long'
  | 'child'
  | 'crash'
  | 'stop'
  | 'album'
  | 'questions'
  | 'linger'
  | 'meanwhile'
  | 'command';

/** What a person does in a chat, `waitMs` after the step before. */
export interface Step {
  readonly waitMs: number;
  readonly kind: Kind;
  readonly text: string;
  /** In the answer of every kind but `command`. */
  readonly token: string;
}

const kinds: readonly [Kind, ...Kind[]] = [
  'plain',
  'plain',
  'plain',
  'stream',
  'stream',
  'frozen',
  'ask',
  'slow',
  'long',
  'child',
  'crash',
  'stop',
  'album',
  'command',
  'command',
];

const commands: readonly [string, ...string[]] = [
  '/new',
  '/lang en',
  '/switch 1',
  '/name torture',
  '/status',
  '/agent other',
  '/agent claudecode',
];

/** Kinds that may as well be said to the other agent by its name. */
const forAnyone: ReadonlySet<Kind> = new Set(['plain', 'stream', 'frozen', 'slow', 'long']);

/** Two questions in one request; nothing may follow, because it would be taken for an answer in own words. */
const twoQuestions = `ask: AskUserQuestion ${JSON.stringify({
  questions: ['First', 'Second'].map((question) => ({
    question: `${question} letter?`,
    header: question,
    multiSelect: false,
    options: [
      { label: 'Alpha', description: '' },
      { label: 'Beta', description: '' },
    ],
  })),
})}`;

/** A step that a cycle is to contain: a kind, or a command by its text. */
export type Wanted = Kind | `/${string}`;

/** The steps of one chat. The text before the answer is marked as well: half an answer must not stay behind twice. */
export function writeScript(
  dice: Dice,
  { index, place }: { readonly index: number; readonly place: Place },
  wanted: readonly Wanted[],
): Step[] {
  const drawn = Array.from({ length: dice.between(2, 4) }, () => dice.pick(kinds));
  const all = [...wanted.filter((one) => one !== 'questions'), ...drawn].slice(0, Math.max(4, wanted.length));
  if (place.asksByButtons && wanted.includes('questions')) all.push('questions');
  return all.map((one, at) => {
    const command = one.startsWith('/') ? one : undefined;
    const named = command === undefined ? (one as Kind) : 'command';
    const kind = named === 'album' && place.album === undefined ? 'plain' : named;
    const token = `T${index}x${at}q`;
    const waitMs =
      kind === 'meanwhile' ? 1300 : dice.chance(0.4) ? dice.between(0, 60) : dice.between(100, 900);
    const drawnHere = at >= wanted.length && forAnyone.has(kind);
    const to = drawnHere && dice.chance(0.3) ? '@other ' : '';
    return { waitMs, kind, token, text: command ?? `${to}${textOf(kind, token, dice)}` };
  });
}

function textOf(kind: Kind, token: string, dice: Dice): string {
  const half = `say: half-${token}`;
  const end = `token: ${token}`;
  switch (kind) {
    case 'plain':
    case 'meanwhile':
      return end;
    case 'linger':
      return `slow: 3 ;; ${end}`;
    case 'album':
      return `look ;; ${end}`;
    case 'stream':
      return `${half} ;; stream: ${dice.between(4, 12)} ${dice.between(10, 60)} ${token}c ;; ${end}`;
    case 'frozen':
      return `${half} ;; tool: Read {"file_path":"/tmp/x"} ;; slow: 0.1 ;; ${end}`;
    case 'ask':
      return `${half} ;; ask: Bash {"command":"make ${token}"} ;; ${end}`;
    case 'slow':
      return `slow: ${dice.between(2, 12) / 10} ;; ${end}`;
    case 'long':
      return `${half} ;; big: ${dice.between(3000, 9000)} ${token}n ;; ${end}`;
    case 'questions':
      return `${twoQuestions} ;; ${end}`;
    case 'child':
      return `spawn-child: 600 ;; ${end}`;
    case 'crash':
      return `${half} ;; crash: 3 ;; ${end}`;
    case 'stop':
      return `${half} ;; slow: 20 ;; ${end}`;
    case 'command':
      return dice.pick(commands);
  }
}
