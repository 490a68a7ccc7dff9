import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DiscordSim, type SimChannel } from '../sim/discord/sim.ts';
import { Daemon, type DaemonHome, makeHome, until, writeConfig } from './daemon.ts';

let home: DaemonHome;
let sim: DiscordSim;
let channel: SimChannel;
let daemon: Daemon | undefined;
beforeEach(async () => {
  home = makeHome();
  sim = await new DiscordSim().start();
  sim.gateway.holdEarly = true;
  channel = sim.channel({ type: 1, name: 'dm' });
  const options = `token = "${sim.token}"\napi_url = "${sim.url}"\nallow_from = "*"`;
  writeConfig(home, {
    platforms: `[[projects.platforms]]\ntype = "discord"\n[projects.platforms.options]\n${options}\n`,
  });
  daemon = await Daemon.start(home);
});
afterEach(async (context) => {
  if (context.task.result?.state === 'fail') process.stderr.write(daemon?.log ?? '');
  await daemon?.stop();
  daemon = undefined;
  await sim.close();
  home.remove();
});

const ada = () => sim.user('410000000000000501', 'Ada');
const texts = () => sim.botMessages(channel.id).map((message) => sim.seen(message).text);

describe('discord', () => {
  it('shows the beginning of a very long answer, and carries the whole of it in answer.md', async () => {
    sim.says(channel, ada(), 'say: the beginning ;; big: 30000 ;; token: LONG');
    const file = await until(
      () => sim.calls.flatMap(({ files }) => files).find(({ name }) => name === 'answer.md'),
      'the file',
    );
    const whole = file.bytes.toString();
    expect(whole).toContain('the beginning');
    expect(whole).toContain('echo:LONG');
    expect(whole.length).toBeGreaterThan(30_000);
    const named = () =>
      sim.botMessages(channel.id).flatMap(({ attachments }) => attachments.map(({ filename }) => filename));
    await until(() => named().includes('answer.md'), 'the message with it');
    expect(named()).toEqual(['answer.md']);
    expect(texts()[0]).toContain('the beginning');
    expect(sim.botMessages(channel.id).length).toBeLessThanOrEqual(6);
  });

  it('completes what stands behind a command, and runs the command that was chosen', async () => {
    const menu = await until(
      () => sim.calls.findLast(({ method, path }) => method === 'PUT' && path.endsWith('/commands')),
      'the command menu',
    );
    expect(JSON.stringify(menu.body)).toContain('"name":"lang"');
    const typed = (value: string) => ({
      name: 'lang',
      options: [{ name: 'args', type: 3, value, focused: true }],
    });
    const asked = sim.interact(channel, ada(), 4, typed('e'));
    await until(() => asked.acks.length > 0, 'the choices');
    expect(asked.acks).toMatchObject([{ type: 8 }]);
    expect(JSON.stringify(asked.acks)).toContain('"value":"es"');
    expect(JSON.stringify(asked.acks)).not.toContain('"value":"ja"');
    sim.interact(channel, ada(), 2, { name: 'lang', options: [{ name: 'args', type: 3, value: 'es' }] });
    await until(() => texts().some((text) => text.includes('/lang es')), 'the command in the chat');
    await until(() => texts().some((text) => /idioma|español/i.test(text)), 'the answer in Spanish');
  });
});
