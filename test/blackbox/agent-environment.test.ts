import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { TelegramSim } from '../sim/telegram/simulator.ts';
import { TelegramPlace } from '../torture/worlds/telegram.ts';
import { Daemon, type DaemonHome, makeHome, scriptedAgent, until, writeConfig } from './daemon.ts';

let home: DaemonHome;
let telegram: TelegramSim;
let daemon: Daemon | undefined;
beforeEach(async () => {
  home = makeHome();
  telegram = await TelegramSim.start();
});
afterEach(async (context) => {
  if (context.task.result?.state === 'fail') process.stderr.write(daemon?.log ?? '');
  await daemon?.stop();
  daemon = undefined;
  await telegram.close();
  home.remove();
});

/** An agent that writes down what it was given, and tells its chat so by the command it finds on its PATH. */
function curiousAgent(): readonly string[] {
  const script = join(home.home, 'agent.sh');
  const lines = [
    '#!/bin/sh',
    'if [ -n "$CC_SESSION_KEY" ]; then',
    `  env > ${home.home}/agent-env.part && mv ${home.home}/agent-env.part ${home.home}/agent-env`,
    `  cc-connect send -m "sent by the agent" > ${home.home}/agent-sent 2>&1 < /dev/null`,
    'fi',
    `exec ${process.execPath} ${scriptedAgent} "$@"`,
  ];
  writeFileSync(script, `${lines.join('\n')}\n`);
  chmodSync(script, 0o755);
  return [script];
}

function environment(): Record<string, string> {
  const text = readFileSync(join(home.home, 'agent-env'), 'utf8');
  return Object.fromEntries(text.split('\n').flatMap((line) => [/^(\w+)=(.*)$/.exec(line)?.slice(1) ?? []]));
}

it('an agent gets the environment of the daemon without its secrets, and a cc-connect that knows its chat', async () => {
  writeConfig(home, {
    cmd: curiousAgent(),
    platforms: `[[projects.platforms]]
type = "telegram"
[projects.platforms.options]
token = "\${BOT_TOKEN}"
api_base = "${telegram.url}"
allow_from = "*"
`,
  });
  daemon = await Daemon.start(home, {
    env: { BOT_TOKEN: telegram.token, CLAUDECODE: '1', OF_THE_DAEMON: 'kept' },
  });
  const [alice, bob] = [new TelegramPlace(telegram, 1, false), new TelegramPlace(telegram, 2, false)];
  bob.say('token: BOB');
  await until(() => bob.seen().some(({ text }) => text.includes('echo:BOB')), 'the answer to Bob');
  const before = bob.seen().length;
  alice.say('token: ALICE');
  await until(() => alice.seen().some(({ text }) => text.includes('echo:ALICE')), 'the answer to Alice');
  await until(() => existsSync(join(home.home, 'agent-env')), 'the environment');
  const env = environment();
  expect(Object.values(env).join('\n')).not.toContain(telegram.token);
  expect(env).not.toHaveProperty('BOT_TOKEN');
  expect(env).not.toHaveProperty('CLAUDECODE');
  expect(env).toMatchObject({
    OF_THE_DAEMON: 'kept',
    HOME: home.home,
    CC_PROJECT: 'demo',
    CC_DATA_DIR: home.dataDir,
    CC_SESSION_KEY: `telegram:${alice.userId}:${alice.userId}`,
    CC_PERMISSION_MODE: expect.any(String),
  });
  expect(env.PATH?.split(delimiter)[0]).toBe(join(home.dataDir, 'run', 'bin'));
  await until(
    () => alice.seen().some(({ text }) => text === 'sent by the agent'),
    'the message of the agent',
  );
  expect(alice.seen().filter(({ text }) => text === 'sent by the agent')).toHaveLength(1);
  expect(bob.seen()).toHaveLength(before);
});
