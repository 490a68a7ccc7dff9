import { transactions } from '../../src/store/transactions.ts';
import type { Wanted } from './script.ts';
import type { PlatformName } from './world.ts';

/** Changes that nobody in the torture brings about: each has a kill test (test/contract). */
const elsewhere: ReadonlySet<string> = new Set([
  'importRows',
  'sweep',
  'unstaged',
  'partsMerged',
  'migrateChat',
  'pairing',
  'processBackground',
  'stoppedInOrder',
]);
/** Changes that belong to the recovery of what an earlier life left. */
const atStart: ReadonlySet<string> = new Set(['countCrash', 'requeue']);

/** What people have to do so that a change comes about, where chance alone rarely makes them. */
const stimuli: Readonly<Record<string, readonly Wanted[]>> = {
  settleInputs: ['/status'],
  beginInput: ['/new'],
  joinTurn: ['linger', 'meanwhile', 'plain'],
  previewIntent: ['frozen', 'frozen'],
  progressBegun: ['frozen', 'frozen'],
  progressShown: ['frozen', 'frozen'],
  progressEnded: ['frozen', 'frozen'],
  approvalOpened: ['ask'],
  approvalProgress: ['questions'],
  approvalResolved: ['ask', 'ask'],
  createSession: ['/new'],
  activateSession: ['plain', '/new', 'plain', '/switch 2'],
  processEnded: ['crash', '/new'],
  setPreference: ['/lang en'],
  staged: ['album'],
  changeSession: ['plain', '/name torture'],
};

/** Changes that not every platform brings about: sends without any key, questions asked by buttons, albums, cards, strangers. */
const homes: Readonly<Record<string, PlatformName>> = {
  markSending: 'weixin',
  partFailed: 'weixin',
  remember: 'weixin',
  record: 'telegram',
  approvalProgress: 'telegram',
  staged: 'telegram',
  progressBegun: 'feishu',
  progressShown: 'telegram',
  progressEnded: 'telegram',
};

export interface Failpoint {
  /** `name` right after the commit, `name@before` right before it. */
  readonly name: string;
  /** The life of the daemon in which it can strike. */
  readonly life: 0 | 1;
  readonly wanted: readonly Wanted[];
  /** The platform it needs. */
  readonly platform: PlatformName | undefined;
}

/** One failpoint by its name. */
export function failpointOf(name: string): Failpoint {
  const change = name.split('@')[0] ?? '';
  return { name, life: atStart.has(change) ? 1 : 0, wanted: stimuli[change] ?? [], platform: homes[change] };
}

/** Every failpoint the torture can reach, after and before each commit. */
export function allFailpoints(): Failpoint[] {
  return Object.keys(transactions)
    .filter((name) => !elsewhere.has(name))
    .flatMap((name) => [failpointOf(name), failpointOf(`${name}@before`)]);
}
