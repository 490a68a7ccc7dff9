import { describe, expect, it } from 'vitest';
import { isOlder } from '../../../src/agents/tmux/check.ts';
import { parseOptions } from '../../../src/agents/tmux/options.ts';
import { findPane, type PaneInfo } from '../../../src/agents/tmux/panes.ts';
import { quoted, quotedFormat } from '../../../src/agents/tmux/server.ts';

describe('options', () => {
  it('has defaults that need no more than a session', () => {
    expect(parseOptions({ session: 'work' }, '/base')).toMatchObject({
      workDir: '/base',
      command: 'tmux',
      session: 'work',
      pane: undefined,
      autoCreate: true,
      windowPerSession: false,
      promptPattern: undefined,
      pollMs: 200,
      settleMs: 800,
      quietMs: 5_000,
      startupMs: 10_000,
      stripInputBlock: true,
      interruptKeys: ['C-c'],
      keepPane: true,
    });
  });

  it('hands args to the default tmux, too', () => {
    const options = parseOptions({ session: 'work', args: ['-f', '/dev/null'] }, '/');
    expect(options).toMatchObject({ command: 'tmux', args: ['-f', '/dev/null'] });
  });

  it('takes the values of an older configuration', () => {
    const raw = {
      session: 'work',
      pane: 1,
      prompt_pattern: '[❯\\$#>%]\\s*$',
      startup_wait_ms: 0n,
      poll_interval_ms: 100n,
      strip_patterns: ['(?i)STATUS'],
      interrupt_keys: 'Escape Escape',
      target: '%3',
    };
    const options = parseOptions(raw, '/');
    expect(options).toMatchObject({ pane: '%3', pollMs: 100, autoCreate: false, quietMs: undefined });
    expect(options.promptPattern?.test('user@host $ ')).toBe(true);
    expect(options.stripPatterns[0]?.test('status: x')).toBe(true);
    expect(options.interruptKeys).toEqual(['Escape', 'Escape']);
  });

  it.each([
    [{}, 'session'],
    [{ session: 's', prompt_pattern: '[' }, 'prompt_pattern'],
    [{ session: 's', strip_patterns: [3] }, 'strip_patterns'],
    [{ session: 's', poll_interval_ms: 1.5 }, 'poll_interval_ms'],
    [{ session: 's', interrupt_keys: 'C-c; rm' }, 'interrupt_keys'],
    [{ session: 's', keep_pane: 'yes' }, 'keep_pane'],
  ])('names the key of a wrong value: %j', (raw, key) => {
    expect(() => parseOptions(raw, '/')).toThrow(expect.objectContaining({ code: 'options_invalid' }));
    expect(() => parseOptions(raw, '/')).toThrow(`"${key}"`);
  });

  it('needs a tmux that knows pane options and -e', () => {
    expect(['tmux 3.3a', 'tmux 3.2', 'tmux next-3.6', 'tmux master'].map(isOlder)).not.toContain(true);
    expect(['tmux 3.1c', 'tmux 2.9'].map(isOlder)).not.toContain(false);
  });
});

describe('finding a pane', () => {
  const pane = (id: string, session: string, window: string, index: string, active = false): PaneInfo => ({
    id,
    session,
    window,
    windowName: `w${window}`,
    index,
    active,
    pid: 1,
    dead: false,
    title: '',
    command: 'sh',
    path: '/',
    serverStart: '1',
    owner: '',
    activityAt: 0,
  });
  const panes = [
    pane('%1', 'a', '0', '0'),
    pane('%2', 'a', '1', '0', true),
    pane('%3', 'a', '1', '1'),
    pane('%4', 'b', '0', '0', true),
  ];

  it.each([
    ['', '%3', '%3'],
    ['', 'a', '%2'],
    ['', 'b:', '%4'],
    ['', 'a:1.1', '%3'],
    ['', 'a:w0', '%1'],
    ['a', undefined, '%2'],
    ['a', '0', '%1'],
    ['a', '1.1', '%3'],
    ['a', 'w1.1', '%3'],
    ['b', 'a:0', '%1'],
  ])('of session %j takes %j for %s', (session, target, id) => {
    expect(findPane(panes, session, target)?.id).toBe(id);
  });

  it.each([
    ['', '%9'],
    ['', 'c'],
    ['', 'a:7'],
    ['a', '1.9'],
    ['c', undefined],
  ])('of session %j finds none for %j, where tmux itself would take another', (session, target) => {
    expect(findPane(panes, session, target)).toBeUndefined();
  });
});

it('quotes values for a tmux script', () => {
  expect(quoted('a "b" $c \\ ~\nd')).toBe('"a \\"b\\" \\$c \\\\ \\~\\nd"');
  expect(quotedFormat('#{x}')).toBe('"##{x}"');
});
