import { describe, expect, it } from 'vitest';
import type { PromptOutcome } from '../../src/core/agent.ts';
import type { ProjectContext } from '../../src/engine/project-context.ts';
import { outcomeOf } from '../../src/engine/turn-outcome.ts';
import type { InputRow, SessionRow, TurnRow } from '../../src/store/rows.ts';

/** What the transcript says of each prompt of one turn, in their order. */
function outcome(...outcomes: PromptOutcome[]): Promise<PromptOutcome> {
  const store = { outcome: async (_dir: string, _id: string, prompt: string) => outcomes[Number(prompt)] };
  const agent = { store, workDir: '/', capabilities: { outcome: true } };
  const log = { debug() {}, info() {}, warn() {}, error() {} };
  const context = { log, agents: { of: () => ({ agent }) } } as unknown as ProjectContext;
  const inputs = outcomes.map((_, at) => ({ promptId: String(at) })) as unknown as InputRow[];
  const session = { nativeId: 'n', workDir: null } as unknown as SessionRow;
  return outcomeOf(context, { promptId: '0', nativeId: 'n' } as unknown as TurnRow, session, inputs);
}

describe('what became of a turn that took in a message while it ran', () => {
  it('has all that was said, also before that message, whose prompt cut the first one off', async () => {
    expect(
      await outcome(
        { state: 'ended', ok: false, text: 'I looked.\n\nIt is broken.' },
        { state: 'ended', ok: true, text: 'Mended both.' },
      ),
    ).toMatchObject({ state: 'ended', ok: true, text: 'I looked.\n\nIt is broken.\n\nMended both.' });
  });

  it('has one answer to several messages once', async () => {
    expect(
      await outcome(
        { state: 'ended', ok: true, text: 'First.\n\nBoth.' },
        { state: 'ended', ok: true, text: 'Both.' },
      ),
    ).toMatchObject({ text: 'First.\n\nBoth.' });
  });

  it('is open while one of them is', async () => {
    expect(
      await outcome({ state: 'ended', ok: false, text: 'a' }, { state: 'open', text: 'b' }),
    ).toMatchObject({ state: 'open', text: 'a\n\nb' });
  });
});
