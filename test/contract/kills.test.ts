import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cc, ledgerLines, until } from '../blackbox/daemon.ts';
import { ContractWorld } from './contract-world.ts';

let world: ContractWorld;
beforeEach(async () => {
  world = await ContractWorld.open();
});
afterEach((context) => world.close(context.task.result?.state === 'fail'));

const grace = '[restart]\ngrace_secs = 5';

describe('killed before a turn was handed', () => {
  it('runs after the restart, in order', async () => {
    world.configure();
    const daemon = await world.startToDie('acceptInput:2');
    world.telegramPlace.say('token: H1');
    world.telegramPlace.say('token: H2');
    await daemon.exited;
    await world.start();
    await world.appears(world.telegramPlace, 'echo:H2');
    expect(world.count(world.telegramPlace, 'echo:H1')).toBe(1);
    expect([world.runs('H1'), world.runs('H2')]).toEqual([1, 1]);
  });
});

describe('killed right after a pressed button was stored', () => {
  it('does what the button said, once', async () => {
    world.configure({ top: `${grace}\n[queue]\nmax_depth = 1`, eof: 'finish' });
    const place = world.telegramPlace;
    const daemon = await world.startToDie('acceptInput:4');
    place.say('slow: 1 ;; token: B1');
    await world.running('B1');
    place.say('token: B2');
    place.say('token: B3');
    place.press(await world.button(place, 'Run'), 'Run');
    await daemon.exited;
    await world.start();
    await world.appears(place, 'echo:B3');
    await until(() => world.openInputs() === 0, 'everything settled', 25_000);
    expect(['B1', 'B2', 'B3'].map((token) => world.runs(token))).toEqual([1, 1, 1]);
  });
});

describe('killed while a turn was running', () => {
  it('delivers the answer of an agent that finishes by itself', async () => {
    world.configure({ top: grace, eof: 'finish' });
    await world.start();
    world.feishuPlace.say('say: half-R1 ;; slow: 1 ;; token: R1');
    await world.running('R1');
    await world.restart();
    await world.appears(world.feishuPlace, 'echo:R1');
    expect(world.runs('R1')).toBe(1);
    expect(world.count(world.feishuPlace, 'restarted')).toBe(0);
    await until(
      () => !world.feishuPlace.seen().some(({ generating }) => generating),
      'no card being generated',
    );
  });

  it('marks it interrupted when the agent died, and Continue goes on once', async () => {
    world.configure({ eof: 'die' });
    await world.start();
    world.telegramPlace.say('say: half-R2 ;; slow: 30 ;; token: R2');
    await world.running('R2');
    await sleep(300);
    await world.restart();
    const notice = await world.button(world.telegramPlace, 'Continue');
    expect(notice.text).toContain('restarted');
    expect(world.count(world.telegramPlace, 'half-R2')).toBe(1);
    world.telegramPlace.press(notice, 'Continue');
    world.telegramPlace.press(notice, 'Continue');
    await world.appears(world.telegramPlace, 'echo:Your previous turn was interrupted');
    world.telegramPlace.say('token: AFTER');
    await world.appears(world.telegramPlace, 'echo:AFTER');
    expect(world.runs('Continue where you left off')).toBe(1);
    expect(world.runs('R2')).toBe(1);
  });

  it('honours a stop that was stored before', async () => {
    world.configure({ eof: 'die' });
    const daemon = await world.startToDie('acceptInput:2');
    world.telegramPlace.say('slow: 30 ;; token: R3');
    await world.running('R3');
    world.telegramPlace.say('/stop');
    await daemon.exited;
    await world.start();
    await world.appears(world.telegramPlace, 'Stopped');
    expect(world.count(world.telegramPlace, 'restarted')).toBe(0);
    expect(world.runs('R3')).toBe(1);
  });

  it('names what the agent did in the background, and that it ended', async () => {
    world.configure({ eof: 'die' });
    await world.start();
    world.telegramPlace.say('background: 60 the-server ;; token: B1');
    await world.appears(world.telegramPlace, 'echo:B1');
    await until(() => world.backgroundTasks().length > 0, 'the task on disk');
    const [task = ''] = world.backgroundTasks();
    await world.restart();
    await world.appears(world.telegramPlace, task);
    await world.restart();
    world.telegramPlace.say('token: B2');
    await world.appears(world.telegramPlace, 'echo:B2');
    expect(world.count(world.telegramPlace, task)).toBe(1);
  });

  it('finds it there, too, when the recovery was killed after it had ended the agent', async () => {
    world.configure({ top: grace });
    const daemon = await world.startToDie('beginTurn@before:2');
    world.telegramPlace.say('token: R7');
    await world.appears(world.telegramPlace, 'echo:R7');
    world.telegramPlace.say('token: R8');
    await daemon.exited;
    expect(await (await world.startToDie('processEnded:1')).exited).toMatchObject({ signal: 'SIGKILL' });
    await world.start();
    await world.appears(world.telegramPlace, 'echo:R8');
    await world.daemon?.stop();
    expect(world.runs('R8')).toBe(1);
    expect(world.count(world.telegramPlace, 'echo:R8')).toBe(1);
  });

  it('finds in the transcript what was handed while its row was on its way to the disk', async () => {
    world.configure({ top: grace });
    const daemon = await world.startToDie('beginTurn@before:2');
    world.telegramPlace.say('token: R4');
    await world.appears(world.telegramPlace, 'echo:R4');
    world.telegramPlace.say('token: R5');
    await daemon.exited;
    await world.start();
    await world.appears(world.telegramPlace, 'echo:R5');
    await world.daemon?.stop();
    expect(world.runs('R5')).toBe(1);
    expect(world.count(world.telegramPlace, 'echo:R5')).toBe(1);
  });
});

describe('killed between the agent taking a text for its running turn and that being on disk', () => {
  it.each([
    ['a message', 'finish'],
    ['a message', 'die'],
    ['/ps', 'finish'],
    ['/ps', 'die'],
  ] as const)(
    'finds in the transcript what was steered, and runs it once: %s, the agent would %s',
    async (how, eof) => {
      world.configure({ top: `busy_mode = "${how === '/ps' ? 'queue' : 'steer'}"\n${grace}`, eof });
      const daemon = await world.startToDie('joinTurn@before:1');
      const tools = 'tool: Read {"file_path":"/tmp/x"} ;; slow: 0.4';
      world.telegramPlace.say(`slow: 0.7 ;; ${tools} ;; ${tools} ;; ${tools} ;; token: S1`);
      await world.running('S1');
      world.telegramPlace.say(`${how === '/ps' ? '/ps ' : ''}token: S2`);
      await daemon.exited;
      await world.start();
      const result = eof === 'finish' ? 'echo:S2' : /echo:S2|restarted/;
      await until(
        () => world.telegramPlace.seen().some(({ text }) => text.match(result)),
        'a result',
        25_000,
      );
      await until(() => world.openInputs() === 0, 'everything settled', 25_000);
      expect(world.runs('S2')).toBeLessThanOrEqual(1);
      expect(world.count(world.telegramPlace, 'echo:S2')).toBeLessThanOrEqual(1);
      if (eof === 'finish') expect([world.runs('S1'), world.runs('S2')]).toEqual([1, 1]);
    },
  );
});

describe('killed after the reply was produced', () => {
  it.each(['endTurn:1', 'partSent@before:1', 'partSent:1'])('at %s: nothing is sent twice', async (point) => {
    world.configure();
    const daemon = await world.startToDie(point);
    world.telegramPlace.say('big: 9000 ;; token: P1');
    await daemon.exited;
    await world.start();
    await world.appears(world.telegramPlace, 'echo:P1');
    await sleep(300);
    const texts = world.telegramPlace.seen().map(({ text }) => text);
    expect(texts.filter((text) => text.includes('echo:P1'))).toHaveLength(1);
    expect((texts.join('').match(/x{10,}/g) ?? []).join('')).toHaveLength(9000);
    expect(world.runs('P1')).toBe(1);
  });
});

describe('text frozen at a tool or approval boundary', () => {
  it('is durable from that moment on', async () => {
    world.configure({ eof: 'die' });
    const daemon = await world.startToDie('approvalOpened:1');
    world.feishuPlace.say('say: half-Z1 ;; ask: Bash {"command":"make"} ;; token: Z1');
    await daemon.exited;
    await world.start();
    await world.button(world.feishuPlace, 'Continue');
    expect(world.count(world.feishuPlace, 'half-Z1')).toBe(1);
  });
});

describe('a preview message', () => {
  it.each(['previewOpened@before:1', 'previewOpened:1'])(
    'killed at %s leaves none generating',
    async (point) => {
      world.configure({ eof: 'die' });
      const daemon = await world.startToDie(point);
      world.feishuPlace.say('say: half-V1 ;; stream: 20 50 ;; token: V1');
      await daemon.exited;
      await world.start();
      await world.button(world.feishuPlace, 'Continue');
      await until(() => !world.feishuPlace.seen().some(({ generating }) => generating), 'no card generating');
      await until(() => world.count(world.feishuPlace, 'half-V1') === 1, 'one copy of the text');
    },
  );
});

describe('a progress card', () => {
  it.each(['progressShown@before', 'progressShown', 'endTurn', 'progressEnded@before'])(
    'killed at %s: none goes on saying that its turn works',
    async (point) => {
      world.configure({ eof: 'die', bots: 'progress_style = "card"' });
      for (const [nth, place] of [world.telegramPlace, world.feishuPlace].entries()) {
        const daemon = await world.startToDie(`${point}:1`);
        place.say(`tool: Read {"file_path":"/tmp/x"} ;; slow: 0.3 ;; token: G${nth}`);
        await daemon.exited;
        await world.start();
        const ended = /Ended early|Completed/;
        await until(
          () => place.seen().some(({ text }) => ended.test(text)),
          `its end in ${place.name}`,
          25_000,
        );
        expect(place.seen().filter(({ text }) => text.includes('Working'))).toEqual([]);
        expect(place.seen().filter(({ text }) => ended.test(text))).toHaveLength(1);
        await world.daemon?.stop();
      }
    },
  );
});

describe('approvals pending', () => {
  it('are resolved in place when the agent that asked is gone', async () => {
    world.configure({ eof: 'die' });
    await world.start();
    world.telegramPlace.say('ask: Bash {"command":"make"} ;; token: W1');
    const request = await world.button(world.telegramPlace, 'Allow');
    await world.restart();
    await until(
      () =>
        world.telegramPlace
          .seen()
          .find(({ id }) => id === request.id)
          ?.text.includes('is gone'),
      'the request resolved in place',
    );
    expect(world.telegramPlace.seen().find(({ id }) => id === request.id)?.buttons).toEqual([]);
  });
});

describe('agent crashes mid-turn', () => {
  it('delivers what was said, tells the error, and the queue behind survives', async () => {
    world.configure();
    await world.start();
    world.telegramPlace.say('say: half-C1 ;; slow: 0.5 ;; crash: 3 ;; token: C1');
    await world.running('C1');
    world.telegramPlace.say('token: C2');
    await world.appears(world.telegramPlace, 'stopped unexpectedly');
    await world.appears(world.telegramPlace, 'echo:C2');
    expect(world.count(world.telegramPlace, 'half-C1')).toBe(1);
    expect(ledgerLines(world.home).filter((line) => line.includes('"start"'))).toHaveLength(2);
  });
});

describe('killed while what is old is removed', () => {
  const loaded = (file: string) => `--import=${new URL(file, import.meta.url).href}`;

  it.each(['sweep', 'sweep@before', 'unstaged', 'unstaged@before'])(
    'at %s: the next start removes it, and nothing else',
    async (point) => {
      world.configure({ top: 'stale_after_mins = 0' });
      await world.start();
      const place = world.telegramPlace;
      place.album('look ;; token: O1');
      await world.appears(place, 'echo:O1');
      await until(() => world.openInputs() === 0, 'everything settled');
      await world.daemon?.kill();
      expect([world.rows('inputs'), world.rows('staged')]).toEqual([2, 2]);
      const offset = join(world.home.home, 'clock-offset');
      writeFileSync(offset, String(400 * 86_400_000));
      const late = {
        NODE_OPTIONS: `${loaded('shifted-clock.mjs')} ${loaded('short-hours.mjs')}`,
        TEST_CLOCK_OFFSET_FILE: offset,
      };
      const daemon = await world.startToDie(`${point}:1`, late);
      place.say('token: O2');
      expect(await daemon.exited).toMatchObject({ signal: 'SIGKILL' });
      await world.start(late);
      await world.appears(place, 'echo:O2');
      await until(() => world.rows('staged') === 0, 'the staged files to be forgotten');
      await until(() => world.rows('inputs') === 1, 'the old messages to be removed');
      expect(world.runs('O2')).toBe(1);
      expect(world.count(place, 'echo:O2')).toBe(1);
    },
  );
});

describe('killed while somebody unknown is given a pairing code', () => {
  it.each(['pairing', 'pairing@before'])(
    'at %s: the code is said, it is one, and it lets them in',
    async (point) => {
      world.configure();
      const text = readFileSync(world.home.configFile, 'utf8').replaceAll(
        'allow_from = "*"',
        'allow_from = ""',
      );
      writeFileSync(world.home.configFile, text);
      const daemon = await world.startToDie(`${point}:1`);
      const place = world.telegramPlace;
      place.say('token: P1');
      expect(await daemon.exited).toMatchObject({ signal: 'SIGKILL' });
      await world.start();
      const codes = () =>
        new Set(place.seen().flatMap((seen) => /\b[A-Z0-9]{8}\b/.exec(seen.text)?.[0] ?? []));
      await until(() => codes().size > 0, 'a code');
      expect(world.runs('P1')).toBe(0);
      const [code = ''] = codes();
      expect(await cc(world.home, ['pair', 'approve', code])).toMatchObject({ code: 0 });
      place.say('token: P2');
      await world.appears(place, 'echo:P2');
      expect([...codes()]).toEqual([code]);
    },
  );
});
