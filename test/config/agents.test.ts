import { describe, expect, it } from 'vitest';
import { readConfig } from '../../src/config/load.ts';
import { formatProblem } from '../../src/config/problem.ts';
import { agentName, agentsOf, routeAgent, routedAgents } from '../../src/config/project-agents.ts';
import { activeProvider, providerForAdapter } from '../../src/config/providers.ts';
import { diffConfig } from '../../src/config/reload.ts';

const read = (toml: string) => readConfig(`[[projects]]\nname = "p"\n${toml}`, 'x.toml', { HOME: '/h' });
const problems = (toml: string): string[] => read(toml).problems.map(formatProblem);
const names = (toml: string): string[] =>
  (read(toml).config?.projects ?? []).flatMap((project) => agentsOf(project).map(agentName));

const claude = '[projects.agent]\ntype = "claudecode"\n';
const codex = '[[projects.agents]]\ntype = "codex"\n';

describe('the agents of a project', () => {
  it('are the single one, then the list, under its older name too', () => {
    expect(names(`${claude}${codex}[[projects.agent_types]]\ntype = "gemini"\nname = "g"`)).toEqual([
      'claudecode',
      'codex',
      'g',
    ]);
  });

  it('need no [projects.agent]', () => {
    const toml = `${codex}[[projects.agents]]\ntype = "gemini"`;
    expect(problems(toml)).toEqual([]);
    expect(names(toml)).toEqual(['codex', 'gemini']);
  });

  it('go on without a broken first one', () => {
    const toml = `[projects.agent]\ntype = "claudecod"\n${codex}`;
    expect(problems(toml)).toHaveLength(1);
    expect(problems(toml)[0]).toContain('projects[0].agent.type');
    expect(names(toml)).toEqual(['codex']);
  });

  it('go on without a broken one in the list, whose place is told', () => {
    const toml = `${claude}[[projects.agents]]\ntype = 1\n${codex}`;
    expect(problems(toml)[0]).toContain('projects[0].agents[0].type');
    expect(names(toml)).toEqual(['claudecode', 'codex']);
  });

  it('the one that takes the first place keeps its place in the file', () => {
    const toml = `[[projects.agents]]\ntype = "nonsense"\n[[projects.agents]]\ntype = "codex"\nprovider_refs = ["none"]`;
    const told = problems(toml);
    expect(told[0]).toContain('projects[0].agents[0].type');
    expect(told[1]).toContain('projects[0].agents[1].provider_refs[0]');
    expect(names(toml)).toEqual(['codex']);
  });
});

describe('names', () => {
  it.each([
    ['two of one type', `${claude}[[projects.agents]]\ntype = "claudecode"`, 'agents[0].type'],
    ['a name twice, case aside', `${claude}${codex}name = "ClaudeCode"`, 'agents[0].name'],
    ['an alias that is a name', `${claude}${codex}aliases = ["claudecode"]`, 'agents[0].aliases[0]'],
    ['a name with a space', `${claude}${codex}name = "my codex"`, 'agents[0].name'],
    ['a word of /agent', `${claude}${codex}name = "list"`, 'agents[0].name'],
  ])('are refused: %s', (_, toml, key) => {
    expect(problems(toml)).toHaveLength(1);
    expect(problems(toml)[0]).toContain(`error: projects[0].${key}`);
    expect(names(toml)).toEqual(['claudecode']);
  });

  it('may repeat within one agent', () => {
    expect(problems(`${claude}${codex}name = "codex"\naliases = ["codex", "cx"]`)).toEqual([]);
  });
});

describe('what refers to an agent', () => {
  const platform = (agent: string) =>
    `[[projects.platforms]]\ntype = "telegram"\n[projects.platforms.options]\ntoken = "t"\nagent = "${agent}"`;

  it('names one there is', () => {
    expect(problems(`${claude}${codex}${platform('codex')}`)).toEqual([]);
    expect(problems(`${claude}${codex}${platform('codx')}`)[0]).toMatch(
      /options\.agent.*did you mean "codex"/,
    );
  });

  it('a pin of an unknown agent is left out, the project runs', () => {
    const toml = `${claude}${codex}[[projects.pins]]\nagent = "nobody"\n[[projects.pins]]\nagent = "codex"\nchat = "c"`;
    expect(problems(toml)[0]).toContain('projects[0].pins[0].agent');
    expect(read(toml).config?.projects[0]?.pins.map(({ agent }) => agent)).toEqual(['codex']);
  });
});

describe('providers of several agents', () => {
  const shared = `[[providers]]\nname = "one"\napi_key = "k1"\n[[providers]]\nname = "two"\napi_key = "k2"\nbase_url = "https://two"\n[providers.codex]\nenv_key = "TWO_KEY"\nwire_api = "responses"\nhttp_headers = { "x-team" = "blue" }\n`;
  const config = readConfig(
    `${shared}[[projects]]\nname = "p"\n[projects.agent]\ntype = "claudecode"\nprovider_refs = ["one", "two"]\noptions = { provider = "two" }\n` +
      `[[projects.agents]]\ntype = "codex"\nprovider_refs = ["two"]\noptions = { provider = "two" }`,
    'x.toml',
    { HOME: '/h' },
  ).config;
  const [project] = config?.projects ?? [];
  const given = (at: number) => {
    const agent = project && agentsOf(project)[at];
    const provider = config && agent && activeProvider(config, agent);
    return provider && providerForAdapter(provider);
  };

  it('are each its own', () => {
    expect(given(0)).toMatchObject({ name: 'two', apiKey: 'k2', baseUrl: 'https://two' });
    expect(given(0)).not.toHaveProperty('envKey');
  });

  it("carry the keys of the agent's own block", () => {
    expect(given(1)).toMatchObject({
      envKey: 'TWO_KEY',
      wireApi: 'responses',
      httpHeaders: { 'x-team': 'blue' },
    });
  });
});

describe('a reload', () => {
  const changed = (before: string, after: string): boolean | undefined => {
    const [old, now] = [read(before).config, read(after).config];
    return old && now && diffConfig(old, now).changed[0]?.agentChanged;
  };

  it('sees agents come, go and change', () => {
    expect(changed(claude, `${claude}${codex}`)).toBe(true);
    expect(changed(`${claude}${codex}`, claude)).toBe(true);
    expect(changed(`${claude}${codex}`, `${claude}${codex}aliases = ["cx"]`)).toBe(true);
    expect(changed(`${claude}${codex}`, `${claude}${codex}`)).toBeUndefined();
  });
});

describe('model routes', () => {
  const provided = `[[providers]]\nname = "azure"\napi_key = "k"\n[[projects]]\nname = "p"\n${claude}${codex}provider_refs = ["azure"]\n`;
  const loaded = (toml: string) => readConfig(`${provided}${toml}`, 'x.toml', { HOME: '/h' });
  const route = (more: string) => `[[projects.model_routes]]\nmatch = "gpt-*"\n${more}`;

  it('lead to an agent, or to it with another provider as an agent of its own', () => {
    const toml = `${route('agent = "codex"')}\n${route('agent = "codex"\nprovider = "azure"')}`;
    const [project] = loaded(toml).config?.projects ?? [];
    expect(project?.model_routes.map((one) => routeAgent(project, one))).toEqual(['codex', 'codex/azure']);
    expect(project && routedAgents(project)).toMatchObject([
      { name: 'codex/azure', type: 'codex', options: { provider: 'azure' } },
    ]);
  });

  it('name agents and providers there are', () => {
    const toml = `${route('agent = "codx"')}\n${route('agent = "codex"\nprovider = "azur"')}`;
    const told = loaded(toml).problems.map(formatProblem);
    expect(told[0]).toMatch(/error: projects\[0\]\.model_routes\[0\]\.agent.*did you mean "codex"/);
    expect(told[1]).toMatch(/warning: projects\[0\]\.model_routes\[1\]\.provider.*did you mean "azure"/);
    expect(loaded(toml).config?.projects[0]?.model_routes).toHaveLength(1);
  });
});
