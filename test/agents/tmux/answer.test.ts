import { describe, expect, it } from 'vitest';
import { type Reading, readAnswer } from '../../../src/agents/tmux/answer.ts';
import { newLines } from '../../../src/agents/tmux/diff.ts';
import { parseOptions } from '../../../src/agents/tmux/options.ts';
import type { Screen } from '../../../src/agents/tmux/screen.ts';
import { TurnWatch } from '../../../src/agents/tmux/turn-watch.ts';
import { typeable } from '../../../src/agents/tmux/typing.ts';
import type { AgentEventBody } from '../../../src/core/agent-event.ts';
import { seededRandom } from '../../kit/seeded-random.ts';

const reading = (options: object = {}): Reading => parseOptions({ session: 's', ...options }, '/');
const answerOf = (before: string[], now: string[], typed: string, options: object = {}) =>
  readAnswer({ before, promptLine: before.at(-1) ?? '', typed }, now, reading(options));

describe('[feature: screen diff] what is new on a screen', () => {
  it('is what stands between the old text and the unchanged end', () => {
    expect(newLines(['a', '> '], ['a', '> x', 'y', '> '])).toEqual({
      fresh: ['> x', 'y'],
      replaced: [],
      below: ['> '],
    });
  });

  it('are the inserted lines of a screen that scrolled without history', () => {
    const before = ['head', 'a', 'b', 'c', 'box'];
    expect(newLines(before, ['head', 'b', 'c', 'new', 'box']).fresh).toEqual(['new']);
  });

  it('is all of it when nothing of the old is left', () => {
    expect(newLines(['a', 'b'], ['c', 'd']).fresh).toEqual(['c', 'd']);
    expect(newLines([], ['c']).fresh).toEqual(['c']);
  });
});

describe('[feature: stripping] an answer', () => {
  it('has neither the echo of what was typed nor the prompt below', () => {
    const before = ['hi', '$'];
    expect(answerOf(before, ['hi', '$ make it', 'made', '', '$'], 'make it')).toMatchObject({
      lines: ['made'],
      prompted: true,
    });
    expect(answerOf(before, ['hi', '$ make it', 'made'], 'make it')).toMatchObject({
      lines: ['made'],
      prompted: false,
    });
  });

  it('knows an echo of several lines, in a box, and of a paste that is only named', () => {
    const box = ['╭────╮', '│ >  │', '╰────╯'];
    const typed = 'first line\nsecond line that is long';
    const now = ['> first line', '  second line', '  that is long', '', '● Done.', '', ...box];
    expect(answerOf(box, now, typed).lines).toEqual(['● Done.']);
    expect(answerOf(['>'], ['> [Pasted text #1 +20 lines]', 'ok', '>'], typed).lines).toEqual(['ok']);
  });

  it('has no part of an echo that is still being shown', () => {
    expect(answerOf(['fake>'], ['fake> first 😀', 'sec'], 'first 😀\nsecond').lines).toEqual([]);
    expect(answerOf(['fake>'], ['fake> first 😀', 'other'], 'first 😀\nsecond').lines).not.toEqual([]);
  });

  it('knows an echo in which the terminal lost the joiners of emoji', () => {
    const typed = '\u{1f469}\u200d\u{1f467}\ndigest';
    expect(answerOf(['fake>'], ['fake> \u{1f469}\u{1f467}', 'digest', 'd325', 'fake>'], typed).lines).toEqual(
      ['d325'],
    );
  });

  it('keeps the echo when it is told to', () => {
    const options = { strip_input_block: false };
    expect(answerOf(['$'], ['$ x', 'y', '$'], 'x', options).lines).toEqual(['$ x', 'y']);
  });

  it('keeps a line that merely looks like a prompt', () => {
    const pattern = { prompt_pattern: '[❯\\$#>%]\\s*$' };
    const now = ['$ load', 'it is at 100%', '$'];
    expect(answerOf(['$'], now, 'load', pattern).lines).toEqual(['it is at 100%']);
  });

  it('has no spinners and status lines', () => {
    const now = ['> x', '⠙ Thinking (3)', 'word', '✻ Baking… (2s · esc to interrupt)', '>'];
    expect(answerOf(['>'], now, 'x').lines).toEqual(['word']);
    expect(
      answerOf(['>'], ['> x', 'a', 'tokens: 3', '>'], 'x', { strip_patterns: ['^tokens:'] }).lines,
    ).toEqual(['a']);
  });

  it('is busy while the busy pattern is in sight', () => {
    const options = { busy_pattern: 'esc to interrupt' };
    expect(answerOf(['>'], ['> x', '(esc to interrupt)', '>'], 'x', options)).toMatchObject({
      busy: true,
      prompted: true,
    });
  });

  it('[feature: bad input] is some of the lines of the screen, whatever the screens show', () => {
    const next = seededRandom(5);
    const pool = [
      '',
      '> ',
      '> x',
      'x',
      'one',
      'two',
      '⠙',
      '100%',
      '│ >',
      '╰─',
      '\ud83d\ude00',
      'y'.repeat(300),
    ];
    const screen = () =>
      Array.from({ length: Math.floor(next() * 40) }, () => pool[Math.floor(next() * pool.length)] ?? '');
    for (let round = 0; round < 3_000; round++) {
      const now = screen();
      const answer = answerOf(screen(), now, ['x', '', 'one\ntwo', 'z'][round % 4] ?? '', {
        ...(next() < 0.5 ? { prompt_pattern: '>\\s*$' } : {}),
      });
      let at = 0;
      for (const line of answer.lines) {
        at = now.indexOf(line, at) + 1;
        expect(at).toBeGreaterThan(0);
      }
    }
  });
});

describe('the end of a turn', () => {
  const screen = (lines: string[], more: Partial<Screen> = {}): Screen => ({
    lines,
    cursorLine: lines.at(-1) ?? '',
    cursorX: 2,
    cursorY: lines.length - 1,
    history: 0,
    alternate: false,
    inMode: false,
    dead: false,
    deadStatus: undefined,
    ...more,
  });
  const watch = (options: object = {}) => {
    const parsed = parseOptions({ session: 's', ...options }, '/');
    const asked = { before: ['>'], promptLine: '>', typed: 'go' };
    return new TurnWatch(asked, screen(['> go'], { cursorX: 4 }), 2, parsed, parsed, 0);
  };

  it('is the learnt prompt with the cursor where it was, standing still', () => {
    const turn = watch();
    expect(turn.look(screen(['> go', 'a'], { cursorX: 0 }), 100).ended).toBe(false);
    expect(turn.look(screen(['> go', 'a', '>']), 200).ended).toBe(false);
    expect(turn.look(screen(['> go', 'a', '>']), 900).ended).toBe(false);
    expect(turn.look(screen(['> go', 'a', '>']), 1_000).ended).toBe(true);
    expect(turn.text).toBe('a');
  });

  it('is a longer silence where no prompt comes, but never with a pattern', () => {
    const [quiet, patterned] = [watch(), watch({ prompt_pattern: '^>$' })];
    for (const turn of [quiet, patterned]) turn.look(screen(['> go', 'a'], { cursorX: 0 }), 100);
    expect(quiet.look(screen(['> go', 'a'], { cursorX: 0 }), 4_000).ended).toBe(false);
    expect(quiet.look(screen(['> go', 'a'], { cursorX: 0 }), 5_200).ended).toBe(true);
    expect(patterned.look(screen(['> go', 'a'], { cursorX: 0 }), 600_000).ended).toBe(false);
  });

  it('does not come while a busy pattern is in sight', () => {
    const turn = watch({ busy_pattern: 'working' });
    turn.look(screen(['> go', 'working', '>']), 100);
    expect(turn.look(screen(['> go', 'working', '>']), 60_000).ended).toBe(false);
  });

  it('[feature: streaming] is told line by line before, and what is redrawn is taken back', () => {
    const turn = watch();
    const told: AgentEventBody[] = [];
    const look = (lines: string[], at: number) =>
      told.push(...turn.look(screen(lines, { cursorX: 0 }), at).said);
    look(['> go', 'one', 'tw'], 100);
    look(['> go', 'one', 'two'], 200);
    look(['> go', 'one', 'two', 'thr'], 300);
    expect(told.map((body) => (body.kind === 'text' ? body.text : body.kind))).toEqual(['one', '\ntwo']);
    look(['> go', 'ONE', 'two', 'three'], 400);
    look(['> go', 'ONE', 'two', 'three'], 500);
    expect(told.slice(2)).toEqual([
      { kind: 'text_end', void: true },
      { kind: 'text', text: 'ONE\ntwo', mode: 'delta' },
    ]);
    expect(turn.rest()).toEqual([{ kind: 'text', text: '\nthree', mode: 'delta' }, { kind: 'text_end' }]);
  });
});

describe('what is typed', () => {
  it('[feature: input] holds no control characters that could press keys', () => {
    expect(typeable('a\u001b[201~b\u0003c\r\nd\te\u009bf\n\n')).toBe('a[201~bc\nd\tef');
  });
});
