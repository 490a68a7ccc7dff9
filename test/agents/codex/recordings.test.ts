import { describe, expect, it } from 'vitest';
import { brief } from '../brief.ts';
import { recordings, replayExec, replayServer } from './replay.ts';

const SERVER = recordings('app-server');
const EXEC = recordings('exec');
const server = (name: string) => brief(replayServer(SERVER.get(name) ?? []).said);
const exec = (name: string) => brief(replayExec(EXEC.get(name) ?? []).said);
const HELLO = ['text: Hello from the fake model.', 'text_end'];

describe('recordings of the app-server', () => {
  it('[feature: streaming] reads text and thinking once', () => {
    expect(server('simple')).toEqual([
      'turn_start prompt prompt 1',
      ...HELLO,
      'turn_end ok prompt 1',
      'turn_start prompt prompt 2',
      'thinking: hmm let me see',
      'text: second answer',
      'text_end',
      'turn_end ok prompt 2',
    ]);
  });

  it('[feature: tool allowed] names the options as the server offers them, with a way to deny', () => {
    for (const name of ['approval-accept', 'approval-escalated']) {
      expect(server(name).slice(0, 4)).toEqual([
        'turn_start prompt prompt 1',
        'tool shell: touch made.txt',
        'approval permission shell accept offer-1 decline cancel',
        'tool ok 0',
      ]);
    }
  });

  it('[feature: always allow] asks once for what was allowed for the session', () => {
    expect(server('approval-acceptForSession').filter((line) => line.startsWith('approval'))).toHaveLength(1);
  });

  it('[feature: tool denied] goes on after a denial, and ends the turn after a cancellation', () => {
    const [, , , tool, ...rest] = server('approval-decline');
    expect(tool).toBe('tool failed');
    expect(rest).toContain('turn_end ok prompt 1');
    expect(server('approval-cancel').slice(3, 5)).toEqual(['tool failed', 'turn_end interrupted prompt 1']);
  });

  it('[feature: file approvals] takes the diff from the item', () => {
    expect(server('known-model-patch-accept').slice(1, 4)).toEqual([
      'tool apply_patch: /workdir/n.txt (add)\n+ one',
      'approval permission apply_patch accept acceptForSession decline cancel',
      'tool ok',
    ]);
    expect(server('known-model-patch-decline')[3]).toBe('tool failed');
  });

  it('[feature: questions] reads a question', () => {
    expect(server('request-user-input-plan-mode')[1]).toBe('approval question request_user_input');
  });

  it('[feature: interrupt] ends the text and the tool, and withdraws the approval', () => {
    expect(server('interrupt')).toEqual([
      'turn_start prompt prompt 1',
      'text: aaaa',
      'text_end',
      'turn_end interrupted prompt 1',
      'turn_start prompt prompt 2',
      'text: back',
      'text_end',
      'turn_end ok prompt 2',
      'turn_start prompt prompt 3',
      'tool shell: sleep 30',
      'tool failed',
      'turn_end interrupted prompt 3',
    ]);
    expect(server('interrupt-while-asking').slice(3, 6)).toEqual([
      'tool failed',
      'approval_withdrawn',
      'turn_end interrupted prompt 1',
    ]);
  });

  it('[feature: steer] folds a steered prompt, and one that was started during the turn', () => {
    const lines = server('steer');
    expect(lines).toContain('folded prompt 2');
    expect(lines).toContain('turn_end ok prompt 1, prompt 2');
    expect(lines).toContain('folded prompt 4');
    expect(lines).toContain('turn_end ok prompt 3, prompt 4');
  });

  it.each([
    ['error-401', 'auth'],
    ['error-429', 'rate_limit'],
    ['error-500', 'server'],
  ])('[feature: model errors] tells the kind of %s, and goes on', (name, code) => {
    const lines = server(name);
    expect(lines.slice(1, 3)).toEqual(['notice retrying', `turn_end error (${code}) prompt 1`]);
    expect(lines.at(-1)).toBe('turn_end ok prompt 2');
  });

  it('[feature: kill in mid-turn] ends the turn of a process that is gone', () => {
    for (const name of ['kill-term', 'stdin-close-mid-turn']) {
      expect(server(name).at(-1)).toBe('turn_end error (crash) prompt 1');
    }
  });

  it('[feature: compaction] tells of a compaction', () => {
    expect(server('lists-2-resume').slice(-4)).toEqual([
      'turn_start background',
      'notice compacting',
      'notice compacting',
      'turn_end ok',
    ]);
  });

  it.each([...SERVER.keys()])('ends every accepted prompt of %s once', (name) => {
    const { said, accepted } = replayServer(SERVER.get(name) ?? []);
    const ended = said.flatMap((body) => (body.kind === 'turn_end' ? body.prompts : []));
    expect([...ended].sort()).toEqual([...accepted].sort());
    expect(said.at(-1)?.kind).toBe('exit');
  });
});

describe('[feature: exec backend] recordings of exec', () => {
  it('reads whole messages, thoughts, commands and file changes', () => {
    expect(exec('thinking').slice(1, 3)).toEqual([
      'thinking (block): let me consider this',
      'text (block): considered',
    ]);
    expect(exec('tool').slice(1, 4)).toEqual([
      'text (block): I will run it.',
      'tool shell: echo hi',
      'tool ok 0',
    ]);
    expect(exec('tool-fail').slice(1, 3)).toEqual(['tool shell: echo oops >&2; exit 3', 'tool failed 3']);
    expect(exec('known-model-patch').slice(1, 3)).toEqual([
      'tool apply_patch: /workdir/n.txt (add)',
      'tool ok',
    ]);
  });

  it.each([
    ['error-401', 'auth'],
    ['error-429', 'rate_limit'],
    ['error-500', 'server'],
    ['error-drop', 'server'],
  ])('tells the kind of %s', (name, code) => {
    expect(exec(name)).toEqual([
      'turn_start prompt prompt 1',
      'notice retrying',
      `turn_end error (${code}) prompt 1`,
    ]);
  });

  it('goes on after an error that passed', () => {
    expect(exec('error-once-500').slice(-2)).toEqual(['text (block): recovered', 'turn_end ok prompt 1']);
  });

  it('ends the turn of a process that was killed', () => {
    expect(exec('kill-sigkill').at(-1)).toBe('turn_end error (crash) prompt 1');
  });

  it('begins no turn for a conversation that is not there', () => {
    expect(exec('resume-4-unknown')).toEqual([]);
  });
});
