import { describe, expect, it } from 'vitest';
import { type BotBook, routesReport } from '../../src/app/route-report.ts';
import type { PlatformConfig } from '../../src/config/schema/root.ts';
import { asId } from '../../src/core/ids.ts';

const none = { chats: [], threads: [], users: [], default: false };

function member(project: string, routes: Partial<PlatformConfig['routes']>, allowed: string) {
  const config = {
    at: `projects[${project}].platforms[0]`,
    type: 'fake',
    options: {},
    routes: { ...none, ...routes },
  };
  return {
    project: asId<BotBook['members'][number]['project']>(project),
    config,
    allows: ({ id }: { id: string }) => id === allowed,
  };
}

const book: BotBook = {
  account: asId('fake:bot'),
  type: 'fake',
  members: [member('a', {}, 'alice'), member('b', { default: true }, 'bob')],
  choices: [{ chat: 'c1', project: 'a' }],
  choicesAt: (chat) => (chat === 'c1' ? [{ project: 'a', scope: 'chat' }] : []),
  formerChats: () => [],
};
const answer = (query: Parameters<typeof routesReport>[1]) => routesReport([book], query)[0]?.answer;

describe('the report on routes', () => {
  it('lists bots with their projects and choices, and answers only when asked', () => {
    expect(routesReport([book], {})).toEqual([
      {
        account: 'fake:bot',
        type: 'fake',
        projects: [
          { name: 'a', at: 'projects[a].platforms[0]', ...none },
          { name: 'b', at: 'projects[b].platforms[0]', ...none, default: true },
        ],
        choices: [{ chat: 'c1', project: 'a' }],
      },
    ]);
    expect(routesReport([book], { platform: 'other' })).toEqual([]);
    expect(routesReport([book], { platform: 'fake:bot' })).toHaveLength(1);
  });

  it('counts choices and access of a named person', () => {
    expect(answer({ chat: 'c1', user: 'alice' })).toMatchObject({
      project: 'a',
      level: 'choice',
      allowed: true,
    });
    expect(answer({ chat: 'c1', user: 'bob' })).toMatchObject({
      project: 'b',
      level: 'default',
      allowed: true,
    });
    expect(answer({ chat: 'c2', user: 'carol' })).toMatchObject({ project: 'b', allowed: false });
  });

  it('shows what belongs to a project that does not run', () => {
    const closed = { ...member('c', { chats: ['c3'] }, 'bob'), problem: 'no agent' };
    const [report] = routesReport([{ ...book, members: [...book.members, closed] }], { chat: 'c3' });
    expect(report?.projects.at(-1)).toMatchObject({ name: 'c', problem: 'no agent' });
    expect(report?.answer).toMatchObject({ project: 'c', level: 'chat', reserved: true });
  });

  it('leaves access out where nobody is named', () => {
    const found = answer({ chat: 'c1' });
    expect(found).toMatchObject({ project: 'a', level: 'choice' });
    expect(found).not.toHaveProperty('allowed');
  });
});
