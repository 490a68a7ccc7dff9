import { existsSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { cc, Daemon, type DaemonHome, makeHome, program, until, writeConfig } from '../../blackbox/daemon.ts';
import { readLedger } from '../../sim/agent/ledger.ts';
import { type FeishuSim, startFeishuSim } from '../../sim/feishu/sim.ts';

let home: DaemonHome;
let sim: FeishuSim;
let daemon: Daemon | undefined;

beforeEach(async () => {
  home = makeHome();
  sim = await startFeishuSim({ pingIntervalSecs: 1, ackTimeoutMs: 3_000, redeliverMs: 300 });
});
afterEach(async (context) => {
  if (context.task.result?.state === 'fail') process.stderr.write(daemon?.log ?? '');
  await daemon?.stop();
  daemon = undefined;
  await sim.close();
  home.remove();
});

function configure(
  options = 'allow_from = "*"',
  more: Partial<Parameters<typeof writeConfig>[1]> = {},
): void {
  const own = `app_id = "${sim.appId}"\napp_secret = "${sim.appSecret}"\ndomain = "${sim.url}"`;
  const platforms = `[[projects.platforms]]\ntype = "feishu"\n[projects.platforms.options]\n${own}\n${options}\n`;
  writeConfig(home, { ...more, platforms });
}

const chat = () => sim.directChat();
const texts = () => sim.messages(chat()).map((message) => message.text);
const answers = (token: string) => texts().filter((text) => text.includes(`echo:${token}`));
const settled = () => sim.messages(chat()).every((message) => !message.generating);

test('the program is built: without it nothing here is tried', () => {
  expect(existsSync(program), 'npm run build comes before these tests').toBe(true);
});

describe('the daemon on Feishu', () => {
  test('answers a message through the agent, once, and leaves nothing generating or reacting', async () => {
    configure();
    daemon = await Daemon.start(home);
    sim.userSends({ text: 'say: hello there ;; token: T1' });
    await until(() => answers('T1').length > 0, 'the answer');
    await until(() => settled() && sim.world.reactions.size === 0, 'the end of all signs');
    expect(answers('T1')).toHaveLength(1);
  });

  test('answers once when events are doubled, answers swallowed and the connection cut', async () => {
    configure();
    daemon = await Daemon.start(home);
    Object.assign(sim.faults.events, { duplicate: 1, duplicateNewId: 1 });
    sim.faults.add({ on: 'message.', trouble: { kind: 'swallow' }, times: 3 });
    sim.userSends({ text: 'say: one ;; token: A1' });
    await until(() => answers('A1').length > 0, 'the first answer');
    sim.link.drop();
    sim.userSends({ text: 'say: two ;; token: A2' });
    await until(() => answers('A2').length > 0, 'the second answer');
    await until(settled, 'the end of all signs');
    expect([answers('A1').length, answers('A2').length]).toEqual([1, 1]);
    const started = readLedger(home.ledger).filter(({ event }) => event === 'start');
    expect(started).toHaveLength(2);
  });

  test('answers what came while it was killed, and finishes what it left on the screen', async () => {
    configure();
    daemon = await Daemon.start(home);
    sim.userSends({ text: 'say: before ;; token: K1' });
    await until(() => answers('K1').length > 0, 'the answer before');
    await daemon.kill();
    sim.userSends({ text: 'say: after ;; token: K2' });
    daemon = await Daemon.start(home);
    await until(() => answers('K2').length > 0, 'the answer after');
    await until(() => settled() && sim.world.reactions.size === 0, 'the end of all signs');
    expect([answers('K1').length, answers('K2').length]).toEqual([1, 1]);
  });

  test('[feature: the built daemon] leaves no card generating when it is killed while one streams', async () => {
    configure();
    daemon = await Daemon.start(home);
    sim.userSends({ text: 'stream: 200 20 ;; token: S1' });
    await until(() => [...sim.cards.values()].some(({ frames }) => frames.length > 2), 'a streaming card');
    await daemon.kill();
    daemon = await Daemon.start(home);
    await until(() => texts().length > 0 && settled(), 'the end of all signs');
    await until(() => sim.world.reactions.size === 0, 'the reaction to go');
  });

  test('asks for permission with buttons and replaces the card with what was decided', async () => {
    configure();
    daemon = await Daemon.start(home);
    sim.userSends({ text: 'ask: Bash {"command":"make"} ;; token: P1' });
    const asked = await until(
      () => sim.messages(chat()).find(({ buttons }) => buttons.length > 1),
      'the question',
    );
    await sim.press(asked.id, asked.buttons[0] ?? '');
    await until(() => answers('P1').length === 1, 'the answer');
    expect(sim.messages(chat()).find(({ id }) => id === asked.id)?.buttons).toEqual([]);
  });

  test('runs on with a wrong secret, and status says why nothing comes', async () => {
    configure('allow_from = "*"');
    const wrong = { FEISHU_TEST_SECRET: 'wrong' };
    writeConfig(home, {
      platforms: `[[projects.platforms]]\ntype = "feishu"\n[projects.platforms.options]\napp_id = "${sim.appId}"\napp_secret = "\${FEISHU_TEST_SECRET}"\ndomain = "${sim.url}"\nallow_from = "*"\n`,
    });
    daemon = await Daemon.start(home, { env: wrong });
    await daemon.says('app_secret');
    const { stdout, code } = await cc(home, ['status']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/feishu.*(denied|secret)/);
  });
});
