import { describe, expect, it } from 'vitest';
import { readConfig } from '../../src/config/load.ts';
import { unknownOptions } from '../../src/config/options.ts';
import { formatProblem } from '../../src/config/problem.ts';

describe('options that no adapter reads', () => {
  const text =
    '[[projects]]\nname = "a"\nagent = { type = "demo" }\n[[projects.platforms]]\ntype = "telegram"\n[projects.platforms.options]\nallow_from = "*"\ntokn = "x"\nzzzzzz = 1\n';
  const loaded = readConfig(text, 'c.toml', { HOME: '/h' });

  it('are warned of at their line, with the name that was probably meant', () => {
    const platform = loaded.entries.platforms[0]?.config;
    if (!platform) throw new Error('no entry');
    const scope = { project: 'a', platform: 'telegram' };
    const findings = unknownOptions('platform', platform, ['token', 'proxy'], scope);
    expect(loaded.place(findings).map(formatProblem)).toEqual([
      'c.toml:8:1: warning: projects[0].platforms[0].options.tokn: is not a known key and is ignored; did you mean "token"?',
      'c.toml:9:1: warning: projects[0].platforms[0].options.zzzzzz: is not a known key and is ignored',
    ]);
  });

  it('do not include those that the daemon reads for every adapter', () => {
    const agent = { at: 'projects[0].agent', options: { provider: 'x', work_dir: '/' } };
    expect(unknownOptions('agent', agent, ['work_dir'], 'file')).toEqual([]);
  });
});

describe('what adapters read of a file', () => {
  const entries = (text: string) => readConfig(text, 'c.toml', { HOME: '/h' }).entries;

  it('is known also of projects and entries that are left out', () => {
    const { agents, platforms } = entries(
      '[[projects]]\nname = "a"\nadmin_from = 1\n[projects.agent]\ntype = "demo"\nname = 3\noptions = { mode = "x" }\n[[projects.agents]]\n[[projects.platforms]]\ntype = "slack"\nroutes = 5\noptions = { streaming = 1 }\n',
    );
    expect(agents.map(({ project, config }) => [project, config.at, config.type, config.options])).toEqual([
      ['a', 'projects[0].agent', 'demo', { mode: 'x' }],
    ]);
    expect(platforms.map(({ config }) => [config.at, config.type, config.options])).toEqual([
      ['projects[0].platforms[0]', 'slack', { streaming: 1 }],
    ]);
  });
});
