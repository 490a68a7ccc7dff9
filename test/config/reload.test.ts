import { describe, expect, it } from 'vitest';
import { readConfig } from '../../src/config/load.ts';
import { diffConfig } from '../../src/config/reload.ts';
import type { Config } from '../../src/config/schema/root.ts';

const load = (text: string): Config => {
  const { config } = readConfig(text, 'c', { HOME: '/h' });
  if (!config) throw new Error('fixture does not load');
  return config;
};
const project = (name: string, extra = '', agent = 'type = "demo"'): string =>
  `[[projects]]\nname = "${name}"\n${extra}\n[projects.agent]\n${agent}\n`;
const platform = (type: string, token: string): string =>
  `[[projects.platforms]]\ntype = "${type}"\noptions = { token = "${token}", allow_from = "1" }\n`;
const diff = (before: string, after: string) => diffConfig(load(before), load(after));

describe('comparing configs', () => {
  it('sees nothing in moved lines, comments and key order', () => {
    const before = project('a') + platform('telegram', 'x') + project('b');
    const after = `# new\n${project('b')}${project('a')}[[projects.platforms]]\noptions = { allow_from = "1", token = "x" }\ntype = "telegram"\n`;
    expect(diff(before, after).empty).toBe(true);
  });

  it('tells added and removed projects', () => {
    const { added, removed, changed } = diff(project('a') + project('b'), project('b') + project('c'));
    expect(added.map((one) => one.name)).toEqual(['c']);
    expect(removed.map((one) => one.name)).toEqual(['a']);
    expect(changed).toEqual([]);
  });

  it('tells added, removed and replaced platforms apart', () => {
    const before =
      project('a') + platform('telegram', 'same') + platform('telegram', 'old') + platform('line', 'gone');
    const after =
      project('a') + platform('slack', 'new') + platform('telegram', 'new') + platform('telegram', 'same');
    const [change] = diff(before, after).changed;
    expect(change?.platformsAdded.map((one) => [one.platform.type, one.replaces?.options.token])).toEqual([
      ['slack', undefined],
      ['telegram', 'old'],
    ]);
    expect(change?.platformsRemoved.map((one) => one.type)).toEqual(['line']);
    expect(change?.agentChanged).toBe(false);
  });

  it('sees a changed agent in its options and in a shared provider', () => {
    const provider = (key: string): string => `[[providers]]\nname = "p"\napi_key = "${key}"\n`;
    const uses = project('a', '', 'type = "demo"\nprovider_refs = ["p"]');
    expect(
      diff(project('a'), project('a', '', 'type = "demo"\noptions = { model = "m" }')).changed[0]
        ?.agentChanged,
    ).toBe(true);
    expect(diff(provider('1') + uses, provider('2') + uses).changed[0]?.agentChanged).toBe(true);
    expect(diff(provider('1') + project('a'), provider('2') + project('a')).changed).toEqual([]);
  });

  it('passes a global setting on to the projects it is not shadowed in', () => {
    const both = project('a') + project('b', 'busy_mode = "steer"');
    const { changed, live, restart } = diff(both, `busy_mode = "collect"\n${both}`);
    expect(changed.map((one) => [one.name, one.settings])).toEqual([['a', ['busy_mode']]]);
    expect(live).toEqual(['busy_mode']);
    expect(restart).toEqual([]);
  });

  it('names what needs a restart', () => {
    const { live, restart, changed } = diff(
      project('a'),
      `data_dir = "/x"\n[management]\nenabled = true\ntoken = "t"\n[log]\nlevel = "debug"\n${project('a')}`,
    );
    expect(restart.toSorted()).toEqual(['data_dir', 'management']);
    expect(live).toEqual(['log']);
    expect(changed).toEqual([]);
  });

  it('sees other project keys', () => {
    const [change] = diff(
      project('a'),
      project('a', 'users = { roles = { x = { user_ids = ["1"] } } }'),
    ).changed;
    expect(change?.other).toEqual(['users']);
    expect(change?.settings).toEqual([]);
  });
});
