import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ChatWorld, feishuWorld, telegramWorld } from './chat-world.ts';
import { cc, Daemon, type DaemonHome, ledgerLines, makeHome, until, writeConfig } from './daemon.ts';

let home: DaemonHome;
let world: ChatWorld;
let daemon: Daemon | undefined;

beforeEach(async () => {
  home = makeHome();
  world = await telegramWorld();
});
afterEach(async (context) => {
  if (context.task.result?.state === 'fail') process.stderr.write(daemon?.log ?? '');
  await daemon?.stop();
  daemon = undefined;
  await world.close();
  home.remove();
});

const appears = (where: ChatWorld, text: string) =>
  until(() => where.seen().find((message) => message.text.includes(text)), `"${text}" in the chat`);
const rewrite = (change: (text: string) => string) =>
  writeFileSync(home.configFile, change(readFileSync(home.configFile, 'utf8')));

describe('reloading the config', () => {
  it('keeps the old config when the new one is broken, and names file, line and key', async () => {
    writeConfig(home, { platforms: world.config(), top: 'banned_words = ["alpha"]' });
    daemon = await Daemon.start(home);
    rewrite((text) => `max_attachment_size_mb = "much"\n${text.replace('alpha', 'beta')}`);
    const refused = await cc(home, ['reload']);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain('max_attachment_size_mb');
    expect(refused.stderr).toMatch(/config\.toml:1/);
    world.send('beta ;; token: OK1');
    await appears(world, 'echo:');
    world.send('alpha');
    await appears(world, 'banned word');
  });

  it('keeps everything as it was when an adapter refuses its options, and applies them once they are mended', async () => {
    const second = await feishuWorld();
    try {
      writeConfig(home, { platforms: world.config(), top: 'banned_words = ["alpha"]' });
      const demo = readFileSync(home.configFile, 'utf8');
      const agent = demo.slice(demo.indexOf('[projects.agent]'), demo.indexOf('[[projects.platforms]]'));
      const other = `[[projects]]\nname = "other"\n${agent}${second.config()}`;
      appendFileSync(home.configFile, other);
      daemon = await Daemon.start(home);
      // The project that leaves and the words that change are right by themselves.
      const changed = demo.replace('alpha', 'beta');
      const faults: readonly (readonly [text: string, line: string, key: string])[] = [
        [
          changed.replace(/api_base = .*/, 'api_base = "http://example.com"'),
          'api_base',
          'platforms[0].options.api_base',
        ],
        [`${changed}group_reply_all = "yes"\n`, 'group_reply_all', 'platforms[0].options.group_reply_all'],
        [
          changed.replace('[projects.agent.options]\n', '$&mode = "wild"\n'),
          'mode = "wild"',
          'agent.options.mode',
        ],
      ];
      for (const [text, wrong, key] of faults) {
        writeFileSync(home.configFile, text);
        const line = text.slice(0, text.indexOf(wrong)).split('\n').length;
        const refused = await cc(home, ['reload']);
        expect(refused.code).toBe(1);
        expect(refused.stderr).toContain(`config.toml:${line}:`);
        expect(refused.stderr).toContain(`projects[0].${key}`);
      }
      world.send('beta ;; token: N1');
      await appears(world, 'echo:');
      second.send('say: hello ;; token: N2');
      await appears(second, 'echo:N2');

      writeFileSync(home.configFile, `${changed}share_session_in_channel = true\n`);
      const { code, stdout } = await cc(home, ['reload']);
      expect(code).toBe(0);
      expect(stdout).toContain('demo: telegram changed');
      expect(stdout).toContain('project other removed');
      world.send('beta');
      await appears(world, 'banned word');
      world.send('say: still here ;; token: N3');
      await appears(world, 'echo:N3');
    } finally {
      await second.close();
    }
  });

  it('adds a platform and a project and removes them, without touching a running turn', async () => {
    const second = await feishuWorld();
    try {
      writeConfig(home, { platforms: world.config() });
      daemon = await Daemon.start(home);
      world.send('slow: 2 ;; say: undisturbed ;; token: R1');
      await until(() => ledgerLines(home).length > 0, 'the prompt');
      const before = readFileSync(home.configFile, 'utf8');
      const other = before.slice(before.indexOf('[[projects]]')).replace('name = "demo"', 'name = "other"');
      appendFileSync(
        home.configFile,
        other.slice(0, other.indexOf('[[projects.platforms]]')) + second.config(),
      );
      expect(await cc(home, ['reload'])).toMatchObject({
        code: 0,
        stdout: expect.stringContaining('project other added'),
      });
      second.send('say: hello ;; token: R2');
      await appears(second, 'echo:R2');
      await appears(world, 'echo:R1');
      writeFileSync(home.configFile, before);
      expect(await cc(home, ['reload'])).toMatchObject({
        code: 0,
        stdout: expect.stringContaining('project other removed'),
      });
      world.send('say: still here ;; token: R3');
      await appears(world, 'echo:R3');
    } finally {
      await second.close();
    }
  });

  it('a changed effort takes a new process that goes on with the same conversation, and is told', async () => {
    writeConfig(home, { platforms: world.config(), agent: 'reasoning_effort = "low"' });
    daemon = await Daemon.start(home);
    world.send('say: one ;; token: E1');
    await appears(world, 'echo:E1');
    world.send('slow: 1.5 ;; token: E2');
    await until(() => ledgerLines(home).some((line) => line.includes('E2')), 'the prompt');
    rewrite((text) => text.replace('"low"', '"high"'));
    const { code, stdout } = await cc(home, ['reload']);
    expect(code).toBe(0);
    expect(stdout).toContain('agents changed; the running turn ends as it began, new ones use them');
    expect(stdout).toContain('conversations go on');
    world.send('say: three ;; token: E3');
    await appears(world, 'echo:E3');
    expect(world.seen().filter(({ text }) => text.includes('echo:E2'))).toHaveLength(1);
    const starts = ledgerLines(home)
      .map((line) => JSON.parse(line) as { event: string; session: string; pid: number })
      .filter(({ event }) => event === 'start');
    expect(starts).toHaveLength(3);
    expect(new Set(starts.map(({ session }) => session)).size).toBe(1);
    expect(starts[1]?.pid).toBe(starts[0]?.pid);
    expect(starts[2]?.pid).not.toBe(starts[1]?.pid);
  });

  it('SIGHUP reloads as well', async () => {
    writeConfig(home, { platforms: world.config() });
    daemon = await Daemon.start(home);
    rewrite((text) => `banned_words = ["gamma"]\n${text}`);
    daemon.child.kill('SIGHUP');
    await daemon.says('config reloaded');
    world.send('gamma');
    await appears(world, 'banned word');
  });
});

describe('a config with faults', () => {
  it('one broken project does not stop the other, and what is not active is named at the start', async () => {
    const top = '[speech]\nenabled = true\n';
    writeConfig(home, { platforms: world.config(), top, agent: 'work_dri = "/x"' });
    appendFileSync(home.configFile, '[[projects]]\nname = "broken"\n[projects.agent]\ntype = "claudcode"\n');
    daemon = await Daemon.start(home);
    expect(daemon.log).toContain('claudecode');
    expect(daemon.log).toContain('[speech]');
    expect(daemon.log).toMatch(
      /config\.toml:\d+:1: warning: projects\[0\]\.agent\.options\.work_dri: .*work_dir/,
    );
    world.send('say: hi ;; token: B1');
    await appears(world, 'echo:B1');
  });

  it('a second daemon on the same data folder is refused in plain words, and --force replaces the first', async () => {
    writeConfig(home, { platforms: world.config() });
    daemon = await Daemon.start(home);
    const second = await Daemon.start(home, { ready: false });
    expect((await second.exited).code).toBe(1);
    expect(second.log).toContain('another cc-connect');
    const first = daemon;
    daemon = await Daemon.start(home, { args: ['--force'] });
    expect((await first.exited).code).toBe(0);
    world.send('say: hi ;; token: F1');
    await appears(world, 'echo:F1');
  });
});
