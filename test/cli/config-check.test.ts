import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { config } from '../../src/cli/config.ts';
import { type FakeIo, fakeIo } from './fake-io.ts';

let folder: string;
let io: FakeIo;
let file: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cc-check-'));
  io = fakeIo(folder);
  file = join(folder, 'c.toml');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Errors and warnings, without the name of the file. */
async function problems(text: string): Promise<string[]> {
  await writeFile(file, text);
  await config(['check', file], io);
  return io.lines
    .filter((line) => line.startsWith(`${file}:`) && /: (error|warning): /.test(line))
    .map(short);
}
const short = (line: string) => line.slice(file.length + 1);

describe('config check', () => {
  it('prints everything an adapter refuses, at the line of each option', async () => {
    expect(
      await problems(`[[projects]]
name = "a"
[projects.agent]
type = "codex"
[projects.agent.options]
backend = "telnet"
mode = "wild"
[[projects.platforms]]
type = "telegram"
[projects.platforms.options]
api_base = "http://example.com"
drafts = "no"
[[projects.platforms]]
type = "feishu"
[projects.platforms.options]
app_id = "cli_x"
app_secret = "s"
`),
    ).toEqual([
      '6:1: error: projects[0].agent.options.backend: must be "app_server" or "exec"',
      expect.stringMatching(/^7:1: error: projects\[0\].agent.options.mode: must be one of suggest, /),
      expect.stringMatching(
        /^10:1: error: projects\[0\].platforms\[0\].options.token: is missing \(ask @BotFather/,
      ),
      expect.stringMatching(
        /^11:1: error: projects\[0\].platforms\[0\].options.api_base: .*is not encrypted/,
      ),
      '12:1: error: projects[0].platforms[0].options.drafts: must be true or false',
      expect.stringMatching(
        /^16:1: error: projects\[0\].platforms\[1\].options.app_id: "cli_x" does not look like/,
      ),
    ]);
  });

  it('also of a project that is left out, and of the only one', async () => {
    expect(
      await problems(`[[projects]]
name = "a"
admin_from = 1
[projects.agent]
type = "pi"
options = { thinking = "deeply" }
[[projects.platforms]]
type = "weixin"
options = { token = "x", burst_limit = -1 }
`),
    ).toEqual([
      expect.stringMatching(/^1:1: error: projects: has no usable entry/),
      expect.stringMatching(/^3:1: error: projects\[0\].admin_from: is a number/),
      expect.stringMatching(
        /^6:13: error: projects\[0\].agent.options.thinking: must be one of off, minimal/,
      ),
      expect.stringMatching(
        /^9:26: error: projects\[0\].platforms\[0\].options.burst_limit: must be a whole number/,
      ),
    ]);
  });

  it('warns of options that nobody reads, with the one that was probably meant', async () => {
    expect(
      await problems(`[[projects]]
name = "a"
[projects.agent]
type = "claudecode"
[projects.agent.options]
work_dri = "/x"
allow_root_bypas = true
provider = ""
[[projects.agents]]
type = "codex"
options = { bakcend = "exec" }
[[projects.platforms]]
type = "lark"
[projects.platforms.options]
app_id = "cli_a1b2c3d4e5f60718"
app_secret = "s"
allow_from = "*"
progress_style = "card"
react_emoji = "none"
`),
    ).toEqual([
      '6:1: warning: projects[0].agent.options.work_dri: is not a known key and is ignored; did you mean "work_dir"?',
      '7:1: warning: projects[0].agent.options.allow_root_bypas: is not a known key and is ignored; did you mean "allow_root_bypass"?',
      '11:13: warning: projects[0].agents[0].options.bakcend: is not a known key and is ignored; did you mean "backend"?',
      '19:1: warning: projects[0].platforms[0].options.react_emoji: is not a known key and is ignored; did you mean "reaction_emoji"?',
    ]);
  });

  it.each([
    [0, '', true],
    [0, 'allow_root_bypass = true', false],
    [1000, '', false],
    [0, 'provider = "p"\n[[projects.agent.providers]]\nname = "p"\nenv = { IS_SANDBOX = "1" }', false],
    [0, '[[projects.agent.providers]]\nname = "q"\nenv = { IS_SANDBOX = "1" }', true],
  ])('warns user %s of a mode that the agent refuses as root, with %j', async (user, option, warned) => {
    const geteuid = vi.spyOn(process, 'geteuid').mockReturnValue(user);
    vi.stubEnv('IS_SANDBOX', '');
    try {
      const told = await problems(
        `[[projects]]\nname = "a"\n[projects.agent]\ntype = "claudecode"\n[projects.agent.options]\nmode = "yolo"\n${option}\n`,
      );
      expect(told).toEqual(
        warned
          ? [
              expect.stringMatching(
                /^6:1: warning: projects\[0\].agent.options.mode: means that no conversation will start: .* as root .*allow_root_bypass = true/,
              ),
            ]
          : [],
      );
    } finally {
      geteuid.mockRestore();
      vi.unstubAllEnvs();
    }
  });
});
