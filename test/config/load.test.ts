import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { loadConfig, readConfig } from '../../src/config/load.ts';
import { formatProblem } from '../../src/config/problem.ts';
import { resolveProject } from '../../src/config/resolve.ts';

const env = {
  HOME: '/home/ada',
  OPENAI_API_KEY: 'sk-openai-env',
  TELEGRAM_TOKEN: '123:telegram-env',
  WEBHOOK_TOKEN: 'webhook-env',
  BRIDGE_TOKEN: 'bridge-env',
  MANAGEMENT_TOKEN: 'management-env',
  FEISHU_SECRET: 'feishu-env',
};
const fixture = (name: string): string => fileURLToPath(new URL(`fixtures/${name}`, import.meta.url));
const read = (text: string, more: Record<string, string> = {}) =>
  readConfig(text, 'config.toml', { HOME: '/home/ada', ...more }, { cwd: '/work' });
const PROJECT = '[[projects]]\nname = "a"\n[projects.agent]\ntype = "claudecode"\n';

describe('a config of the Go version', () => {
  it('loads with every section in use, without a problem', async () => {
    const loaded = await loadConfig(fixture('team.toml'), env, {
      moreTypes: { rules: ['run_as_user', 'multi-workspace'] },
    });
    expect(loaded.problems.map(formatProblem)).toEqual([]);
    const config = loaded.config;
    expect(config?.projects.map((project) => project.name)).toEqual(['frontend', 'workspaces']);
    expect(config?.projects[0]?.agents.map((agent) => agent.type)).toEqual(['gemini']);
    expect(config?.attachment_send).toBe(false);
    expect(config?.relay).toEqual({ timeout_secs: 0, visibility: 'summary' });
    expect(config?.tts.minimax.config_file).toBe('/home/ada/minimax.json');
    expect(config?.projects[0]?.agent.options.codex_home).toBe('/home/ada/.codex-team');
    expect(config?.commands[0]?.work_dir).toBe('/home/ada/deploy');
    expect(config?.projects[1]?.base_dir).toBe('/home/ada/workspaces');
    expect(config?.management.token).toBe('management-env');
  });

  it('keeps an explicit zero apart from an unset value', async () => {
    const loaded = await loadConfig(fixture('personal.toml'), env);
    expect(loaded.problems).toEqual([]);
    expect(loaded.config?.idle_timeout_mins).toBe(0);
    expect(loaded.config?.projects[0]?.reset_on_idle_mins).toBe(0);
    expect(loaded.config?.max_attachment_size_mb).toBe(50);
  });

  it('expands the home folder in work_dir and substitutes variables in options', async () => {
    const { config } = await loadConfig(fixture('personal.toml'), env);
    const project = config?.projects[0];
    expect(project?.agent.options.work_dir).toBe('/home/ada/code/backend');
    expect(project?.platforms[0]?.options.token).toBe('123:telegram-env');
  });
});

describe('problems', () => {
  it('places a syntax error and quotes nothing of the file', () => {
    const { config, problems } = read('a = 1\ntoken = "very-secret-value\n');
    expect(config).toBeUndefined();
    expect(problems).toMatchObject([{ severity: 'error', line: 2, scope: 'file' }]);
    expect(JSON.stringify(problems)).not.toContain('very-secret');
  });

  it.each([
    ['x = 1\nx = 2', '2:1', 'each key'],
    ['= 3', '1:1', undefined],
    ['a = yes', '1:5', 'quotes around text'],
    ['p = "C:\\Users"', '1:9', 'single quotes'],
    ['a = {b=1\nc=2}', '1:10', undefined],
  ])('says where %j is not TOML, and what would be', (text, place, hint) => {
    const [problem] = read(text).problems;
    expect(`${problem?.line}:${problem?.column}`).toBe(place);
    if (hint === undefined) expect(problem?.expected).toBeUndefined();
    else expect(problem?.expected).toContain(hint);
  });

  it('names line, column, key, expectation and suggestion of a wrong value', () => {
    const { problems } = read(`[display]\n  mode = "ful"\n${PROJECT}`);
    expect(problems).toEqual([
      {
        severity: 'error',
        file: 'config.toml',
        line: 2,
        column: 3,
        key: 'display.mode',
        message: 'is not a valid value',
        expected: 'one of "full", "compact", "quiet"',
        suggestion: 'full',
        scope: 'file',
      },
    ]);
  });

  it('reports a misspelt key as a warning with the key that was meant', () => {
    const { config, problems } = read(`idle_timeout_min = 5\n${PROJECT}reset_on_idle = 3\n`);
    expect(problems.map(formatProblem)).toEqual([
      'config.toml:1:1: warning: idle_timeout_min: is not a known key and is ignored; did you mean "idle_timeout_mins"?',
      'config.toml:6:1: warning: projects[0].agent.reset_on_idle: is not a known key and is ignored',
    ]);
    expect(config).toBeDefined();
  });

  it('places problems inside inline tables and lists', () => {
    const { problems } = read(`${PROJECT}provider_refs = [\n  "x",\n  5,\n]\n`);
    expect(problems).toContainEqual(
      expect.objectContaining({ line: 7, column: 3, key: 'projects[0].agent.provider_refs[1]' }),
    );
  });

  it('prints every error of a bad file at once', () => {
    const text = `idle_timeout_mins = "5"\n[queue]\nmax_depth = true\n[[projects]]\n[[projects]]\nname = "b"\nrun_as_user = "root"\nreset_on_idle_mins = -1\n[projects.agent]\ntype = "claudcode"\n`;
    const { config, problems } = read(text);
    expect(config).toBeUndefined();
    expect(problems.map((problem) => `${problem.line} ${problem.key}`)).toEqual([
      '1 idle_timeout_mins',
      '3 queue.max_depth',
      '4 projects[0].name',
      '4 projects[0].agent',
      '4 projects',
      '7 projects[1].run_as_user',
      '8 projects[1].reset_on_idle_mins',
      '10 projects[1].agent.type',
    ]);
  });

  it('warns of a variable that is not set, and takes empty text for it', () => {
    const { config, problems } = read(
      `${PROJECT}[[projects.platforms]]\ntype = "line"\noptions = { a = "x\${NOPE}y" }\n`,
    );
    expect(config?.projects[0]?.platforms[0]?.options.a).toBe('xy');
    expect(problems).toMatchObject([
      {
        severity: 'warning',
        line: 7,
        key: 'projects[0].platforms[0].options.a',
        scope: { project: 'a', platform: 'line' },
      },
    ]);
  });

  it('never quotes a secret value', () => {
    const text = `${PROJECT}[[projects.platforms]]\ntype = "line"\noptions = "hidden-secret"\n[bridge]\ntoken = ["hidden-secret"]\n`;
    const { problems } = read(text);
    expect(problems.length).toBeGreaterThan(1);
    expect(JSON.stringify(problems)).not.toContain('hidden-secret');
  });
});

describe('what is broken stays alone', () => {
  const three = (middle: string): string =>
    `[[projects]]\nname="a"\nagent={type="demo"}\n${middle}\n[[projects]]\nname="c"\nagent={type="demo"}\n`;

  it('a broken project is excluded and the others load', () => {
    const { config, problems } = read(three('[[projects]]\nname="b"\nagent={type=5}'));
    expect(config?.projects.map((project) => [project.name, project.at])).toEqual([
      ['a', 'projects[0]'],
      ['c', 'projects[2]'],
    ]);
    expect(problems).toMatchObject([
      { key: 'projects[1].agent.type', scope: { project: 'b', agent: 'agent' } },
    ]);
  });

  it('a broken platform is excluded and its project loads', () => {
    const text = `${PROJECT}[[projects.platforms]]\ntype="telegarm"\n[[projects.platforms]]\ntype="line"\n`;
    const { config, problems } = read(text);
    expect(config?.projects[0]?.platforms.map((platform) => [platform.type, platform.at])).toEqual([
      ['line', 'projects[0].platforms[1]'],
    ]);
    expect(problems).toMatchObject([
      { suggestion: 'telegram', scope: { project: 'a', platform: 'telegarm' } },
    ]);
  });

  it('a broken second agent is excluded and its project loads', () => {
    const { config } = read(`${PROJECT}[[projects.agents]]\ntype="codex"\n[[projects.agents]]\noptions={}\n`);
    expect(config?.projects[0]?.agents.map((agent) => agent.type)).toEqual(['codex']);
  });

  it('a project is not run with a safety rule left out', () => {
    for (const rule of ['run_as_user = 5', 'admin_from = 1', 'users = 3', 'run_as_env = ["LD_PRELOAD"]']) {
      const { config } = read(three(`[[projects]]\nname="b"\nagent={type="demo"}\n${rule}`));
      expect(config?.projects.map((project) => project.name)).toEqual(['a', 'c']);
    }
  });

  it.each([
    ['run_as_user = "coder"', 'run_as_user', 'run another cc-connect as that user'],
    ['mode = "multi-workspace"\nbase_dir = "/b"', 'mode', 'one project for each folder'],
  ])('a project is left out whose rule this version cannot keep: %s', (rule, key, advice) => {
    const { config, problems } = read(three(`[[projects]]\nname="b"\nagent={type="demo"}\n${rule}`));
    expect(config?.projects.map((project) => project.name)).toEqual(['a', 'c']);
    expect(problems.map(formatProblem)).toEqual([
      expect.stringMatching(new RegExp(`config.toml:\\d+:1: error: projects\\[1\\].${key}: .*${advice}`)),
    ]);
    expect(problems[0]?.scope).toEqual({ project: 'b' });
  });

  it('a project is left out whose user is named by a variable with nothing in it', () => {
    const { config, problems } = read(
      three(`[[projects]]\nname="b"\nagent={type="demo"}\nrun_as_user = "\${NOBODY_SET}"`),
    );
    expect(config?.projects.map((project) => project.name)).toEqual(['a', 'c']);
    expect(problems.filter(({ severity }) => severity === 'error')).toMatchObject([
      { key: 'projects[1].run_as_user', scope: { project: 'b' } },
    ]);
  });

  it('a platform with a style of progress that does not exist is left out, with those there are', () => {
    const { config, problems } = read(
      `${PROJECT}[[projects.platforms]]\ntype = "slack"\noptions = { progress_style = "cards" }\n`,
    );
    expect(config?.projects[0]?.platforms).toEqual([]);
    expect(problems.map(formatProblem)).toEqual([
      'config.toml:7:13: error: projects[0].platforms[0].options.progress_style: is not a valid value; expected one of "legacy", "compact", "card"; did you mean "card"?',
    ]);
  });

  it('a server section with a wrong key does not open', () => {
    const { config, problems } = read(`${PROJECT}[bridge]\nenabled = true\ninsecure = true\nport = "x"\n`);
    expect(config?.bridge.enabled).toBe(false);
    expect(problems).toMatchObject([{ key: 'bridge.port', severity: 'error' }]);
  });

  it('an invalid hook is skipped with a warning', () => {
    const { config, problems } = read(
      `${PROJECT}[[hooks]]\nevent="error"\ntype="command"\n[[hooks]]\nevent="error"\ntype="http"\nurl="https://x"\n`,
    );
    expect(config?.hooks.map((hook) => hook.type)).toEqual(['http']);
    expect(problems).toMatchObject([{ severity: 'warning', key: 'hooks[0].command' }]);
  });

  it('of two projects with one name the second is excluded', () => {
    const { config, problems } = read(three('[[projects]]\nname="a"\nagent={type="demo"}'));
    expect(config?.projects.map((project) => project.at)).toEqual(['projects[0]', 'projects[2]']);
    expect(problems[0]?.message).toContain('projects[0]');
  });

  it('a file without a usable project cannot be used', () => {
    expect(read('language = "en"\n').config).toBeUndefined();
    expect(read('').problems.map((problem) => problem.severity)).toEqual(['error']);
  });

  it('a project without platforms loads', () => {
    expect(read(PROJECT).problems).toEqual([]);
  });
});

describe('rules between keys', () => {
  const project = (extra: string): string => `[[projects]]\nname = "a"\n${extra}\n`;
  it.each([
    ['mode = "multi-workspace"\nagent = { type = "demo" }', 'projects[0].base_dir'],
    [
      'mode = "multi-workspace"\nbase_dir = "/b"\nagent = { type = "demo", options = { work_dir = "/x" } }',
      'projects[0].agent.options.work_dir',
    ],
    ['agent = { type = "demo" }\nrun_as_user = "bad name"', 'projects[0].run_as_user'],
    ['agent = { type = "demo" }\nrun_as_env = ["DYLD_X"]', 'projects[0].run_as_env[0]'],
    [
      'agent = { type = "demo" }\nusers = { roles = { a = { user_ids = ["1"] }, b = { user_ids = ["1"] } } }',
      'projects[0].users.roles.b.user_ids[0]',
    ],
    [
      'agent = { type = "demo" }\nusers = { roles = { a = { user_ids = [] } } }',
      'projects[0].users.roles.a.user_ids',
    ],
    [
      'agent = { type = "demo" }\nusers = { default_role = "x", roles = { a = { user_ids = ["1"] } } }',
      'projects[0].users.default_role',
    ],
  ])('%s', (extra, key) => {
    const { config, problems } = read(project(extra));
    expect(
      problems.filter((problem) => problem.severity === 'error').map((problem) => problem.key),
    ).toContain(key);
    expect(config).toBeUndefined();
  });
});

describe('values', () => {
  it('reads languages in all their spellings, and anything else as detection', () => {
    const language = (word: string) => read(`language = "${word}"\n${PROJECT}`).config?.language;
    expect(['english', 'ZH', 'zh_TW', 'zhtw', 'Japanese', 'es', '', 'klingon'].map(language)).toEqual([
      'en',
      'zh',
      'zh-TW',
      'zh-TW',
      'ja',
      'es',
      'auto',
      'auto',
    ]);
  });

  it('takes the attachment limit from the environment first', () => {
    const { config } = read(`max_attachment_size_mb = 20\n${PROJECT}`, { CC_MAX_ATTACHMENT_SIZE_MB: '7' });
    expect(config?.max_attachment_size_mb).toBe(7);
  });

  it('makes data_dir absolute', () => {
    expect(read(`data_dir = "~/d"\n${PROJECT}`).config?.data_dir).toBe('/home/ada/d');
    expect(read(`data_dir = "d"\n${PROJECT}`).config?.data_dir).toBe('/work/d');
    expect(read(PROJECT).config?.data_dir).toBe('/home/ada/.cc-connect');
  });

  it('takes a queue depth of 0 or less for the default', () => {
    expect(read(`queue = { max_depth = -1 }\n${PROJECT}`).config?.queue.max_depth).toBe(5);
  });

  it('accepts a byte order mark and Windows line ends', () => {
    const loaded = read(`\uFEFF${PROJECT}bogus = 1\n`.replaceAll('\n', '\r\n'));
    expect(loaded.problems).toMatchObject([{ line: 5, column: 1, key: 'projects[0].agent.bogus' }]);
  });
});

describe('display settings of a project', () => {
  const shown = (text: string) => {
    const { config } = read(text);
    const project = config?.projects[0];
    return config && project ? resolveProject(config, project).display : undefined;
  };

  it('has the defaults', () => {
    expect(shown(PROJECT)).toMatchObject({
      mode: 'full',
      thinking_messages: true,
      thinking_max_len: 300,
      tool_max_len: 500,
      history_max_len: 1000,
      reply_footer: true,
    });
  });

  it('project display wins over project flag, over global display, over quiet, over the default', () => {
    const project = (extra: string) => `[[projects]]\nname="a"\nagent={type="demo"}\n${extra}`;
    expect(shown(`quiet = true\n${project('')}`)?.mode).toBe('quiet');
    expect(shown(`quiet = true\n${project('quiet = false')}`)?.mode).toBe('full');
    expect(shown(`quiet = true\ndisplay={mode="compact"}\n${project('')}`)?.mode).toBe('compact');
    expect(shown(`display={mode="compact"}\n${project('display={mode="full"}')}`)?.mode).toBe('full');
    expect(shown(`display={reply_footer=false}\n${project('reply_footer=true')}`)?.reply_footer).toBe(true);
    expect(shown(project('reply_footer=true\ndisplay={reply_footer=false}'))?.reply_footer).toBe(false);
  });

  it('an explicit flag wins over the mode', () => {
    expect(shown(`display={mode="quiet",tool_messages=true}\n${PROJECT}`)).toMatchObject({
      thinking_messages: false,
      tool_messages: true,
    });
  });
});
