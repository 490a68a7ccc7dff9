import { describe, expect, it } from 'vitest';
import { type BotEntry, routeFindings } from '../../src/app/route-findings.ts';
import type { PlatformConfig } from '../../src/config/schema/root.ts';

const none = { chats: [], threads: [], users: [], default: false };

function entry(
  project: string,
  routes: Partial<PlatformConfig['routes']> = {},
  options: PlatformConfig['options'] = {},
): BotEntry {
  const at = `projects[${project}].platforms[0]`;
  return {
    account: 'telegram:1',
    project,
    config: { at, type: 'telegram', options: { token: '1:a', ...options }, routes: { ...none, ...routes } },
  };
}

const told = (...entries: BotEntry[]) =>
  routeFindings(entries).map(({ severity, key, message }) => `${severity} ${key} ${message}`);

describe('a bot that several projects share', () => {
  it('without any route is told of, with who gets what', () => {
    expect(told(entry('a'), entry('b'))).toEqual([
      expect.stringMatching(/^warning projects\[a\]\.platforms\[0\] telegram:1 .*\(a, b\).*mostly a/),
    ]);
    expect(told(entry('a'), entry('b', { chats: ['5'] }))).toEqual([]);
    expect(told(entry('a'), entry('b', { default: true }))).toEqual([]);
  });

  it.each([
    [{ chats: ['5'] }, { chats: ['4', '5'] }, 'chats[1]'],
    [{ threads: ['5:1'] }, { threads: ['5:1'] }, 'threads[0]'],
    [{ users: ['@Ada'] }, { users: ['ada'] }, 'users[0]'],
    [{ default: true }, { default: true }, 'default'],
  ])('has one project for %j', (first, second, key) => {
    expect(told(entry('a', first), entry('b', second))).toEqual([
      expect.stringMatching(
        new RegExp(`^error projects\\[b\\].*\\.routes\\.${key.replace(/[[\]]/g, '\\$&')} .*\\ba\\b`),
      ),
    ]);
  });

  it('uses the connection options of the first, and names both places', () => {
    const [line, ...more] = told(
      entry('a', { default: true }, { allow_from: '1' }),
      entry('b', {}, { allow_from: '2', progress_style: 'card', group_reply_all: true }),
    );
    expect(line).toBe(
      'warning projects[b].platforms[0].options.group_reply_all is ignored: telegram:1 is connected once, with the options of projects[a].platforms[0]',
    );
    expect(more).toEqual([]);
  });

  it('has one set of credentials', () => {
    const [line] = told(entry('a', { default: true }), entry('b', {}, { token: '1:b' }));
    expect(line).toMatch(/^error projects\[b\]\.platforms\[0\]\.options\.token differs from projects\[a\]/);
    expect(line).not.toContain('1:b');
  });
});

describe('a bot of one project', () => {
  it('needs no routes, and is told so when it has some', () => {
    expect(told(entry('a'))).toEqual([]);
    expect(told(entry('a', { users: ['7'] }))).toEqual([
      expect.stringContaining('has no effect: telegram:1 belongs to project a alone'),
    ]);
  });
});
