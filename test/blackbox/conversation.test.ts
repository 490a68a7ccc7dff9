import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ChatWorld, discordWorld, feishuWorld, slackWorld, telegramWorld } from './chat-world.ts';
import { cc, Daemon, type DaemonHome, ledgerLines, makeHome, until, writeConfig } from './daemon.ts';

describe.each([
  ['telegram', telegramWorld],
  ['feishu', feishuWorld],
  ['discord', discordWorld],
  ['slack', slackWorld],
])('a conversation on %s', (_name, open) => {
  let home: DaemonHome;
  let world: ChatWorld;
  let daemon: Daemon | undefined;

  beforeEach(async () => {
    home = makeHome();
    world = await open();
  });
  afterEach(async (context) => {
    if (context.task.result?.state === 'fail') {
      process.stderr.write(
        `${daemon?.log ?? ''}\n${JSON.stringify(world.seen(), null, 1)}\n${ledgerLines(home).join('\n')}\n`,
      );
    }
    await daemon?.stop();
    daemon = undefined;
    await world.close();
    home.remove();
  });

  async function start(more: Partial<Parameters<typeof writeConfig>[1]> = {}): Promise<void> {
    writeConfig(home, { ...more, platforms: world.config() });
    daemon = await Daemon.start(home);
  }
  const find = (text: string) => world.seen().find((message) => message.text.includes(text));
  const count = (text: string) => world.seen().filter((message) => message.text.includes(text)).length;
  const appears = (text: string) => until(() => find(text), `"${text}" in the chat`);

  it('answers once, in one message that grew from the preview', async () => {
    await start();
    world.send('stream: 20 40 ;; token: ONE');
    await appears('echo:ONE');
    expect(count('echo:ONE')).toBe(1);
    expect(world.seen()).toHaveLength(1);
  });

  it('asks for permission with buttons and goes on after the press', async () => {
    await start();
    world.send('say: I will look. ;; ask: Bash {"command":"touch x"} ;; token: PERM');
    const request = await until(
      () => world.seen().find(({ buttons }) => buttons.includes('Allow')),
      'the request',
    );
    expect(request.text).toContain('touch x');
    expect(find('I will look.')).toBeTruthy();
    const toast = await world.press(request.id, 'Allow');
    expect(toast).toContain('Allowed');
    await appears('echo:PERM');
    await until(
      () => world.seen().find(({ id }) => id === request.id)?.buttons.length === 0,
      'the request without buttons',
    );
  });

  it('takes a bare word as the answer to a request, and other text as work for later', async () => {
    await start();
    world.send('ask: Bash {"command":"touch x"} ;; token: WORD');
    await until(() => world.seen().find(({ buttons }) => buttons.includes('Deny')), 'the request');
    world.send('say: later ;; token: LATER');
    await appears('Kept for later');
    world.send('yes');
    await appears('echo:WORD');
    await appears('echo:LATER');
  });

  it('asks questions and hands the chosen answer to the agent', async () => {
    await start();
    world.send('question: Which colour? | Red | Blue ;; token: ASK');
    const request = await until(
      () => world.seen().find(({ text }) => text.includes('Which colour?')),
      'the question',
    );
    if (request.buttons.includes('Blue')) await world.press(request.id, 'Blue');
    else world.send('2');
    await appears('echo:ASK');
    expect(world.seen().some(({ text }) => text.includes('Blue'))).toBe(true);
  });

  it('queues what comes while it works and answers in order', async () => {
    await start();
    world.send('slow: 0.6 ;; token: Q1');
    await until(() => ledgerLines(home).length > 0, 'the first prompt');
    world.send('say: two ;; token: Q2');
    world.send('say: three ;; token: Q3');
    await appears('echo:Q3');
    const order = world
      .seen()
      .map(({ text }) => /echo:(Q\d)/.exec(text)?.[1])
      .filter(Boolean);
    expect(order).toEqual(['Q1', 'Q2', 'Q3']);
  });

  it('/stop ends the turn, holds the queue, and Run lets it go on', async () => {
    await start();
    world.send('stream: 3 10 ;; hang ;; token: S1');
    await until(() => ledgerLines(home).length > 0, 'the first prompt');
    world.send('say: two ;; token: S2');
    await appears('Queued');
    world.send('/stop');
    const card = await until(
      () => world.seen().find(({ buttons }) => buttons.includes('Run')),
      'the held queue',
    );
    expect(card.text).toContain('Stopped');
    expect(count('echo:S2')).toBe(0);
    await world.press(card.id, 'Run');
    await appears('echo:S2');
    expect(count('echo:S1')).toBe(0);
  });

  it('hands files and pictures to the agent and takes files from it', async () => {
    await start();
    world.sendFile('notes ../evil.txt', Buffer.from('hello file'));
    const prompt = await until(
      () => ledgerLines(home).find((line) => line.includes('attachments')),
      'the prompt',
    );
    const path = /- (\S[^"\\]*evil\.txt)/.exec(prompt)?.[1] ?? '';
    expect(path.startsWith(join(home.workDir, '.cc-connect', 'attachments'))).toBe(true);
    expect(readFileSync(path, 'utf8')).toBe('hello file');
    const png = Buffer.from(
      'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
      'base64',
    );
    world.sendImage(png);
    await until(
      () => ledgerLines(home).filter((line) => line.includes('"start"')).length === 2,
      'the second prompt',
    );
    const out = join(home.home, 'report.txt');
    writeFileSync(out, 'the report');
    const sent = await cc(home, ['send', '-m', 'here it is', '--file', out], {
      CC_PROJECT: 'demo',
      CC_SESSION_KEY: world.sessionKey,
    });
    expect(sent).toMatchObject({ code: 0, stdout: expect.stringContaining('Message sent successfully.') });
    await appears('here it is');
    await until(() => world.seen().find(({ file }) => file === 'report.txt'), 'the file');
    expect(existsSync(out)).toBe(true);
  });

  it('tells of an agent that crashed, and the next message goes on', async () => {
    await start();
    world.send('stream: 3 5 ;; crash: 3 ;; token: C1');
    await appears('stopped unexpectedly');
    world.send('say: back ;; token: C2');
    await appears('echo:C2');
  });

  it('steers: text while it works reaches the running turn', async () => {
    await start({ top: 'busy_mode = "steer"' });
    world.send('tool: Bash {"command":"sleep 1"} ;; slow: 1 ;; token: ST1');
    await until(() => ledgerLines(home).length > 0, 'the first prompt');
    world.send('say: and this ;; token: ST2');
    await appears('echo:ST2');
    expect(count('echo:ST1')).toBe(1);
    expect(count('echo:ST2')).toBe(1);
  });

  it('traces a message from its arrival to the last part sent', async () => {
    await start();
    const message = world.send('say: hi ;; token: TR');
    await appears('echo:TR');
    const trace = await until(() => 'x', 'x').then(() => cc(home, ['trace', message]));
    expect(trace.code).toBe(0);
    for (const step of ['received', 'turn.starting', 'turn.handed', 'part.sent', 'turn.done'])
      expect(trace.stdout).toContain(step);
    expect((await cc(home, ['trace', 'nonsense'])).code).toBe(1);
  });

  it('keeps answering after kill -9 and never answers twice', async () => {
    await start();
    world.send('say: one ;; token: K1');
    await appears('echo:K1');
    await daemon?.kill();
    world.send('say: two ;; token: K2');
    daemon = await Daemon.start(home);
    await appears('echo:K2');
    expect(count('echo:K1')).toBe(1);
    expect(count('echo:K2')).toBe(1);
  });

  it('stops on SIGTERM within ten seconds while a turn runs, and says so after the restart', async () => {
    await start({ eof: 'die' });
    world.send('hang ;; token: T1');
    await until(() => ledgerLines(home).length > 0, 'the prompt');
    const began = Date.now();
    expect((await daemon?.stop())?.code).toBe(0);
    expect(Date.now() - began).toBeLessThan(10_000);
    daemon = await Daemon.start(home);
    const notice = await until(
      () => world.seen().find(({ buttons }) => buttons.includes('Continue')),
      'the notice',
    );
    expect(notice.text).toContain('restarted');
  });
});
