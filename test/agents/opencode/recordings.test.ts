import { describe, expect, it } from 'vitest';
import { RunReader } from '../../../src/agents/opencode/run-events.ts';
import { judge } from '../../../src/agents/opencode/run-session.ts';
import { recordingsIn, replayTurn, storyOf, turnReaderSuite } from '../../conformance/turn-reader.ts';

const recordings = recordingsIn(new URL('./recordings/', import.meta.url));
const events = (name: string) => replayTurn(new RunReader(undefined), recordings.get(name) ?? []);
/** What the session makes of the recording, whose process ended with this code. */
const verdict = (name: string, code: number | null, signal: NodeJS.Signals | null = null) => {
  const reader = new RunReader(undefined);
  replayTurn(reader, recordings.get(name) ?? []);
  return judge(reader, { exit: { code, signal, stderrTail: '' }, detail: 'ended' });
};

describe('[feature: run backend] recordings of the real CLI', () => {
  it('says whole texts and counts tokens', () => {
    const story = storyOf(new RunReader(undefined), recordings.get('simple') ?? []);
    expect(story.slice(0, 2)).toEqual([
      'turn_start prompt prompt 1',
      'text (block): Hello from the scripted model.',
    ]);
    const all = events('simple');
    expect(all.at(-1)).toMatchObject({
      kind: 'turn_end',
      usage: { inputTokens: 205, outputTokens: 17, contextTokens: 252 },
    });
    expect(all.find(({ kind }) => kind === 'session')).toMatchObject({
      nativeId: expect.stringMatching(/^ses_\w+$/),
    });
    expect(verdict('simple', 0)).toEqual({ outcome: { status: 'ok' } });
  });

  it('shows commands and thoughts', () => {
    const tools = (name: string) => events(name).filter(({ kind }) => kind.startsWith('tool'));
    expect(tools('tool')[0]).toMatchObject({ kind: 'tool_started', call: { name: 'bash', form: 'shell' } });
    expect(tools('tool')[1]).toMatchObject({ kind: 'tool_ended', ok: true });
    expect(tools('tool-fail').some((body) => body.kind === 'tool_ended' && !body.ok)).toBe(true);
    expect(events('write').some((body) => body.kind === 'tool_started' && body.call.form === 'diff')).toBe(
      true,
    );
    expect(events('thinking').some(({ kind }) => kind === 'thinking')).toBe(true);
  });

  it('tells of a permission that nobody could be asked for', () => {
    expect(events('tool-ask')).toContainEqual(
      expect.objectContaining({
        kind: 'notice',
        notice: expect.objectContaining({ kind: 'denied_by_policy' }),
      }),
    );
    expect(verdict('tool-ask', 0)).toEqual({ outcome: { status: 'ok' } });
  });

  it.each([
    ['error-401', 'auth'],
    ['error-429', 'rate_limit'],
  ])('reads the reason out of %s', (name, code) => {
    expect(verdict(name, 1)).toMatchObject({ outcome: { status: 'error', code } });
    expect(verdict(name, 1).fatal).toBeUndefined();
  });

  it('takes an exit without a last step for a failure', () => {
    expect(verdict('kill-sigterm', null, 'SIGTERM')).toMatchObject({
      outcome: { code: 'crash' },
      fatal: true,
    });
    expect(verdict('kill-sigterm', 0)).toMatchObject({ outcome: { code: 'crash' }, fatal: false });
    expect(verdict('simple', null, 'SIGKILL')).toMatchObject({ outcome: { code: 'crash' } });
  });
});

describe('[feature: bad input] bad input', () => {
  turnReaderSuite('opencode run', recordings, () => new RunReader(undefined));
});
