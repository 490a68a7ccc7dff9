import { transactions } from '../../src/store/transactions.ts';

/** Changes that no message of a chat brings about; they have tests of their own. */
const elsewhere: ReadonlySet<string> = new Set([
  'importRows',
  'unstaged',
  'markSending',
  'migrateChat',
  'pairing',
]);
/** Changes that belong to the recovery of what an earlier life left. */
const atStart: ReadonlySet<string> = new Set(['countCrash', 'requeue', 'sweep']);

export interface Failpoint {
  /** `name` right after the commit, `name@before` right before it. */
  readonly name: string;
  /** The life of the daemon in which it can strike. */
  readonly life: 0 | 1;
}

/** Every failpoint the torture can reach, after and before each commit. */
export function allFailpoints(): Failpoint[] {
  return Object.keys(transactions)
    .filter((name) => !elsewhere.has(name))
    .flatMap((name) => {
      const life = atStart.has(name) ? 1 : 0;
      return [
        { name, life },
        { name: `${name}@before`, life },
      ] as const;
    });
}
