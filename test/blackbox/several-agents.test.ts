import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type LedgerEntry, readLedger } from '../sim/agent/ledger.ts';
import { type ChatWorld, telegramWorld } from './chat-world.ts';
import { cc, Daemon, type DaemonHome, makeHome, scriptedAgent, until, writeConfig } from './daemon.ts';

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

/** A second scripted agent with a ledger and conversations of its own, called `other`. */
function other(): string {
  return `[[projects.agents]]
name = "other"
aliases = ["o"]
type = "claudecode"
[projects.agents.options]
work_dir = ${JSON.stringify(home.workDir)}
cmd = ${JSON.stringify([process.execPath, scriptedAgent])}
[projects.agents.options.env]
CLAUDE_CONFIG_DIR = ${JSON.stringify(join(home.home, 'other'))}
FAKE_LEDGER = ${JSON.stringify(otherLedger())}
FAKE_EOF = "die"
`;
}

const demo = () =>
  `[[projects.agents]]\ntype = "demo"\n[projects.agents.options]\nwork_dir = ${JSON.stringify(home.workDir)}\n`;
const broken =
  '[[projects.agents]]\nname = "bad"\ntype = "claudecode"\n[projects.agents.options]\nmode = "nonsense"\n';

const otherLedger = () => join(home.home, 'other-ledger');
const entries = (file: string): LedgerEntry[] => (existsSync(file) ? readLedger(file) : []);
const started = (file: string, token: string): LedgerEntry | undefined =>
  entries(file).find(({ event, text }) => event === 'start' && text?.includes(token));
const appears = (text: string) =>
  until(() => world.seen().find((message) => message.text.includes(text)), `"${text}" in the chat`);
const texts = () => world.seen().map(({ text }) => text);

describe('a project with several agents', () => {
  it('gives each a conversation of its own, over switches, mentions and a kill', async () => {
    writeConfig(home, { platforms: other() + demo() + world.config() });
    daemon = await Daemon.start(home);
    world.send('token: A1');
    await appears('echo:A1');
    world.send('@other token: B1');
    await appears('echo:B1');
    expect(started(home.ledger, 'B1')).toBeUndefined();
    expect(started(otherLedger(), 'B1')?.text).not.toContain('@other');
    world.send('token: A2');
    await appears('echo:A2');
    expect(started(home.ledger, 'A2')?.session).toBe(started(home.ledger, 'A1')?.session);
    world.send('/agent demo');
    await appears('Now with demo');
    world.send('hello demo');
    await appears('I would like to write');
    world.send('deny');
    await appears('I have written nothing');
    world.send('/agent o');
    await appears('Now with other');
    world.send('slow: 600 ;; token: B2');
    await until(() => started(otherLedger(), 'B2'), 'the turn of other');
    const waiting = world.send('@claude token: A3');
    world.edit?.(waiting, '@claude token: A4');
    world.send('token: B3');
    await new Promise((resolve) => setTimeout(resolve, 500));
    await daemon.kill();
    daemon = await Daemon.start(home);
    await appears('echo:A4');
    await appears('echo:B3');
    expect(started(home.ledger, 'A3')).toBeUndefined();
    expect(started(home.ledger, 'A4')?.session).toBe(started(home.ledger, 'A1')?.session);
    expect(started(otherLedger(), 'B3')?.session).toBe(started(otherLedger(), 'B1')?.session);
    expect(texts().filter((text) => text.includes('echo:A4'))).toHaveLength(1);
    const order = texts();
    expect(order.findIndex((text) => text.includes('echo:A4'))).toBeLessThan(
      order.findIndex((text) => text.includes('echo:B3')),
    );
  });

  it('runs without one that is broken, and says so', async () => {
    writeConfig(home, { platforms: broken + other() + world.config() });
    daemon = await Daemon.start(home);
    expect(daemon.log).toContain('agent cannot be used');
    world.send('token: C1');
    await appears('echo:C1');
    world.send('@bad token: C2');
    await appears('cannot be used');
    expect((await cc(home, ['status'])).stdout).toContain('bad: cannot be used');
    expect((await cc(home, ['doctor'])).stdout).toContain('mode');
    expect((await cc(home, ['config', 'check'])).stdout).toContain('projects[0].agents[0]');
  });

  it('takes agents in and out on reload, without touching a running turn', async () => {
    writeConfig(home, { platforms: world.config() });
    daemon = await Daemon.start(home);
    world.send('slow: 3 ;; say: undisturbed ;; token: D1');
    await until(() => started(home.ledger, 'D1'), 'the prompt');
    const before = readFileSync(home.configFile, 'utf8');
    const at = before.indexOf('[[projects.platforms]]');
    writeFileSync(home.configFile, before.slice(0, at) + other() + before.slice(at));
    expect(await cc(home, ['reload'])).toMatchObject({ code: 0 });
    world.send('@other token: D2');
    await appears('undisturbed');
    await appears('echo:D2');
    world.send('/agent other');
    await appears('Now with other');
    world.send('token: D3');
    await appears('echo:D3');
    writeFileSync(home.configFile, before);
    expect(await cc(home, ['reload'])).toMatchObject({ code: 0 });
    world.send('token: D4');
    await appears('echo:D4');
    expect(started(home.ledger, 'D4')?.session).toBe(started(home.ledger, 'D1')?.session);
    expect(
      entries(home.ledger).filter(({ event, text }) => event === 'start' && text?.includes('D1')),
    ).toHaveLength(1);
  });

  it('a platform bound to an agent speaks with it alone', async () => {
    writeConfig(home, {
      platforms: other() + world.config('allow_from = "*"\nagent = "other"'),
    });
    daemon = await Daemon.start(home);
    world.send('token: E1');
    await appears('echo:E1');
    expect(started(otherLedger(), 'E1')).toBeDefined();
    world.send('/agent claudecode');
    await appears('always speaks with other');
  });
});
