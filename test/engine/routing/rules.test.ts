import { describe, expect, it } from 'vitest';
import { asId, type ProjectName } from '../../../src/core/ids.ts';
import {
  decideRoute,
  noRules,
  type RouteCandidate,
  type RouteChoice,
  type RouteRules,
} from '../../../src/engine/routing/rules.ts';

const ada = { id: '7', username: 'Ada' };

function project(
  name: string,
  rules: Partial<RouteRules> = {},
  allowed: readonly string[] = ['*'],
): RouteCandidate {
  return {
    project: asId<ProjectName>(name),
    rules: { ...noRules, ...rules },
    allows: ({ id }) => allowed.includes('*') || allowed.includes(id),
  };
}

function decide(
  candidates: readonly [RouteCandidate, ...RouteCandidate[]],
  where: { thread?: string; formerChats?: readonly string[]; choices?: readonly RouteChoice[] } = {},
) {
  const { choices = [], formerChats = [], thread } = where;
  return decideRoute({ chat: 'c1', thread, formerChats, sender: ada }, candidates, choices);
}

describe('the project of a message', () => {
  const a = project('a');
  const choice: RouteChoice = { project: 'a', scope: 'chat' };

  it.each([
    ['a thread before a chat', { threads: ['t1'] }, { chats: ['c1'] }, 'b', 'thread'],
    ['a chat before a person', { chats: ['c1'] }, { users: ['7'] }, 'b', 'chat'],
    ['a person before a choice', { users: ['@ada'] }, {}, 'b', 'user'],
  ])('is decided by %s', (_, ofB, ofA, wanted, level) => {
    const found = decide([project('a', ofA), project('b', ofB)], { thread: 't1', choices: [choice] });
    expect(found).toMatchObject({ project: wanted, level, allowed: true });
  });

  it('is the chosen one before the default, that of the thread before that of the chat', () => {
    const all = [project('c', { default: true }), a, project('b')] as const;
    expect(decide([...all], { choices: [choice] })).toMatchObject({ project: 'a', level: 'choice' });
    expect(decide([...all], { choices: [{ project: 'b', scope: 'thread' }, choice] }).project).toBe('b');
  });

  it('is the default one before the first of the file', () => {
    expect(decide([a, project('b', { default: true })])).toMatchObject({ project: 'b', level: 'default' });
    expect(decide([a, project('b')])).toMatchObject({ project: 'a', level: 'first' });
  });

  it('can be named by a thread together with its chat, and by the id a chat had before it moved', () => {
    expect(decide([a, project('b', { threads: ['c1:t1'] })], { thread: 't1' }).project).toBe('b');
    expect(decide([a, project('b', { threads: ['c2:t1'] })], { thread: 't1' }).project).toBe('a');
    expect(decide([a, project('b', { chats: ['old'] })], { formerChats: ['old'] }).project).toBe('b');
  });

  it('lets nobody in by choice or default who is not allowed there, and falls to a project that does', () => {
    const closed = project('closed', { default: true }, []);
    expect(decide([closed, a], { choices: [{ project: 'closed', scope: 'chat' }] })).toMatchObject({
      project: 'a',
      level: 'first',
      allowed: true,
    });
  });

  it('stays with a rule of the config for those the project refuses', () => {
    expect(decide([a, project('b', { chats: ['c1'] }, [])])).toMatchObject({
      project: 'b',
      level: 'chat',
      allowed: false,
    });
  });

  it('is the default one for those nobody lets in', () => {
    const none = [project('a', {}, []), project('b', { default: true }, [])] as const;
    expect(decide([...none])).toMatchObject({ project: 'b', level: 'default', allowed: false });
  });

  it('does not depend on a chosen project that is gone', () => {
    expect(decide([a, project('b')], { choices: [{ project: 'gone', scope: 'chat' }] }).project).toBe('a');
  });

  it('comes with all that was considered', () => {
    const { steps } = decide([project('a', { users: ['7'] }), project('b', { chats: ['c1'] })]);
    expect(steps.map(({ level, project: by, outcome }) => [level, by, outcome])).toEqual([
      ['thread', undefined, 'none'],
      ['chat', 'b', 'wins'],
      ['user', 'a', 'overruled'],
      ['choice', undefined, 'none'],
      ['default', undefined, 'none'],
      ['first', 'a', 'overruled'],
    ]);
  });
});
