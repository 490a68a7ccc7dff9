import { describe, expect, it } from 'vitest';
import { StreamReader } from '../../../src/agents/gemini/stream-events.ts';
import { recordingsIn, replayTurn, storyOf, turnReaderSuite } from '../../conformance/turn-reader.ts';

/** What every recording has another one of. */
const ID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/;
const recordings = recordingsIn(new URL('./recordings/', import.meta.url));
const story = (name: string) => storyOf(new StreamReader(undefined), recordings.get(name) ?? []);
const events = (name: string) => replayTurn(new StreamReader(undefined), recordings.get(name) ?? []);

describe('[feature: stream-json backend] recordings of the real CLI', () => {
  it('streams an answer and counts its tokens', () => {
    expect(story('simple')).toEqual([
      'turn_start prompt prompt 1',
      'text: Hello from the scripted model.',
      'text_end',
      'turn_end ok prompt 1',
    ]);
    const all = events('simple');
    expect(all.find(({ kind }) => kind === 'session')).toMatchObject({
      nativeId: expect.stringMatching(ID),
    });
    expect(all.at(-1)).toMatchObject({
      kind: 'turn_end',
      usage: { inputTokens: 235, outputTokens: 17, cacheReadTokens: 30 },
    });
  });

  it('shows a command between two texts', () => {
    const lines = story('tool-yolo');
    expect(lines.slice(0, 5)).toEqual([
      'turn_start prompt prompt 1',
      'text: I will run it.',
      'text_end',
      'tool run_shell_command: echo hi',
      'tool ok',
    ]);
    expect(lines.at(-1)).toBe('turn_end ok prompt 1');
  });

  it('calls a command that failed a failure, though the CLI does not', () => {
    expect(story('tool-fail').filter((line) => line.startsWith('tool'))).toEqual([
      'tool run_shell_command: exit 3',
      'tool failed 3',
      'tool read_file: /nonexistent',
      'tool failed',
    ]);
  });

  it('shows changes of files as a diff', () => {
    const calls = events('write-auto-edit').flatMap((body) =>
      body.kind === 'tool_started' ? [body.call] : [],
    );
    expect(calls.map(({ form }) => form)).toContain('diff');
    expect(calls.find(({ name }) => name === 'replace')?.summary).toBe('n.txt\n-one\n+two');
  });

  it.each([
    ['error-401', 'auth', 'scripted failure 401'],
    ['error-400', 'other', 'scripted failure 400'],
  ])('reads the reason out of %s', (name, code, message) => {
    expect(events(name).at(-1)).toMatchObject({
      kind: 'turn_end',
      outcome: { status: 'error', code, message: expect.stringContaining(message) },
    });
  });

  it.each(['kill-sigint', 'kill-sigterm'])('ends the turn of %s, which has no result', (name) => {
    expect(story(name).at(-1)).toBe('turn_end error (crash) prompt 1');
  });

  it.each(['no-key', 'untrusted', 'resume-4-unknown'])('begins no turn in %s', (name) => {
    expect(events(name)).toEqual([]);
  });

  it('keeps its id over a resume', () => {
    const reader = new StreamReader(undefined);
    const first = replayTurn(reader, recordings.get('resume-2-id') ?? []);
    expect(first.filter(({ kind }) => kind === 'session')).toEqual([
      { kind: 'session', nativeId: expect.stringMatching(ID) },
    ]);
    const again = replayTurn(reader, recordings.get('resume-2-id') ?? []);
    expect(again.filter(({ kind }) => kind === 'session')).toEqual([]);
  });
});

describe('[feature: bad input] bad input', () =>
  turnReaderSuite('gemini stream-json', recordings, () => new StreamReader(undefined)));
