import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openSqlite } from '../../src/kit/sqlite.ts';
import { weixinWorld } from './chat-world.ts';
import { cc, Daemon, type DaemonHome, ledgerLines, makeHome, until, writeConfig } from './daemon.ts';

describe('a conversation on weixin', () => {
  let home: DaemonHome;
  let world: Awaited<ReturnType<typeof weixinWorld>>;
  let daemon: Daemon | undefined;

  beforeEach(async () => {
    home = makeHome();
    world = await weixinWorld();
  });
  afterEach(async (context) => {
    if (context.task.result?.state === 'fail')
      process.stderr.write(`${daemon?.log ?? ''}\n${JSON.stringify(world.seen(), null, 1)}\n`);
    await daemon?.stop();
    daemon = undefined;
    await world.close();
    home.remove();
  });

  async function start(): Promise<void> {
    writeConfig(home, { platforms: world.config() });
    daemon = await Daemon.start(home);
  }
  const find = (text: string) => world.seen().find((message) => message.text.includes(text));
  const count = (text: string) => world.seen().filter((message) => message.text.includes(text)).length;
  const appears = (text: string) => until(() => find(text), `"${text}" in the chat`);

  it('is one message a turn, whatever the agent does meanwhile', async () => {
    await start();
    world.send('say: I will look. ;; tool: Bash {"command":"ls"} ;; stream: 5 10 ;; token: ONE');
    await appears('echo:ONE');
    expect(world.seen()).toHaveLength(1);
    expect(find('echo:ONE')?.text).toContain('I will look.');
  });

  it('asks for permission in words, and takes the number or the word as the answer', async () => {
    await start();
    world.send('ask: Bash {"command":"touch x"} ;; token: BYNUMBER');
    const request = await until(() => find('touch x'), 'the request');
    expect(request.text).toContain('1  Allow');
    await world.press(request.id, 'Allow');
    await appears('echo:BYNUMBER');
    world.send('ask: Bash {"command":"touch y"} ;; token: BYWORD');
    await until(() => find('touch y'), 'the second request');
    world.send('yes');
    await appears('echo:BYWORD');
  });

  it('asks questions and hands the chosen answer to the agent', async () => {
    await start();
    world.send('question: Which colour? | Red | Blue ;; token: ASK');
    const request = await until(() => find('Which colour?'), 'the question');
    expect(request.text).toContain('2. Blue');
    world.send('2');
    await appears('echo:ASK');
  });

  it('/stop holds the queue, and the number of Run lets it go on', async () => {
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
    await world.press(card.id, 'Run');
    await appears('echo:S2');
  });

  it('hands files to the agent and takes files from it', async () => {
    await start();
    world.sendFile('notes.txt', Buffer.from('hello file'));
    const prompt = await until(
      () => ledgerLines(home).find((line) => line.includes('attachments')),
      'the prompt',
    );
    const path = /- (\S[^"\\]*notes\.txt)/.exec(prompt)?.[1] ?? '';
    expect(readFileSync(path, 'utf8')).toBe('hello file');
    const out = join(home.home, 'report.txt');
    writeFileSync(out, 'the report');
    const sent = await cc(home, ['send', '-m', 'here it is', '--file', out], {
      CC_PROJECT: 'demo',
      CC_SESSION_KEY: world.sessionKey,
    });
    expect(sent).toMatchObject({ code: 0 });
    await until(() => world.seen().find(({ file }) => file === 'report.txt'), 'the file');
  });

  it('keeps what the service throttles until the person writes again, also over a kill', async () => {
    await start();
    world.send('say: warm ;; token: WARM');
    await appears('echo:WARM');
    world.sim.sendsLeft = 0;
    world.send('say: one ;; token: HELD1');
    await until(() => (world.sim.sendsLeft ?? 0) < 0, 'the refusal');
    await daemon?.says('part not delivered yet');
    const tried = world.sim.calls.filter(({ method }) => method === 'sendmessage').length;
    await daemon?.kill();
    daemon = await Daemon.start(home);
    expect(world.sim.calls.filter(({ method }) => method === 'sendmessage').length).toBe(tried);
    world.sim.sendsLeft = undefined;
    world.send('say: two ;; token: HELD2');
    await appears('echo:HELD1');
    await appears('echo:HELD2');
    expect(count('echo:HELD1')).toBe(1);
    expect(count('echo:HELD2')).toBe(1);
  });

  /** A kill before that would leave the daemon in doubt, and it would rightly repeat a part. */
  const onDisk = (state: string, count: number) =>
    until(
      () => {
        const store = openSqlite(join(home.dataDir, 'state.db'), { readonly: true });
        try {
          const found = store.prepare('SELECT count(*) AS n FROM outbox WHERE state = ?').get(state);
          return (found as { n: number }).n >= count;
        } finally {
          store.close();
        }
      },
      `${count} parts ${state}`,
      20_000,
    );

  it('says what it has left to say unasked, and joins what waits until the person writes', async () => {
    writeConfig(home, { platforms: world.config('allow_from = "*"\nburst_limit = 2') });
    daemon = await Daemon.start(home);
    world.send('/version');
    await appears('cc-connect');
    await onDisk('sent', 1);
    await daemon.kill();
    daemon = await Daemon.start(home);
    const session = { CC_PROJECT: 'demo', CC_SESSION_KEY: world.sessionKey };
    for (const word of ['first', 'second', 'third', 'fourth'])
      expect(await cc(home, ['send', '-m', `${word} news`], session)).toMatchObject({ code: 0 });
    await appears('second news');
    expect(find('second news')?.text).toContain('waits until you write');
    await onDisk('sent', 3);
    await onDisk('held', 1);
    await daemon.kill();
    daemon = await Daemon.start(home);
    expect(world.seen()).toHaveLength(3);
    world.send('/whoami');
    await appears('fourth news');
    const joined = find('third news');
    expect(joined?.text).toMatch(/^⏸ .*\n\nthird news\n\nfourth news$/);
    expect(count('third news')).toBe(1);
  });

  it('keeps answering after kill -9 and never answers twice', async () => {
    await start();
    world.send('say: one ;; token: K1');
    await appears('echo:K1');
    await daemon?.kill();
    world.send('say: two ;; token: K2');
    daemon = await Daemon.start(home);
    await appears('echo:K2');
    // Killed between a send and its record, only a marked repeat may follow.
    const unmarked = (text: string) =>
      world.seen().filter((message) => message.text.includes(text) && !message.text.startsWith('↻'));
    expect(unmarked('echo:K1')).toHaveLength(1);
    expect(unmarked('echo:K2')).toHaveLength(1);
  });
});
