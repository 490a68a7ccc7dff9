import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ChatServer, startChatServer } from '../sim/models/openai-chat.ts';
import { acpBench, qwen } from './acp-session.ts';
import type { RealBench } from './bench.ts';
import { closedAfterEach } from './closed-after-each.ts';
import { leftBehind } from './left-behind.ts';
import type { Talk } from './talk.ts';

let model: ChatServer;
beforeAll(async () => {
  model = await startChatServer();
});
afterAll(() => model.close());

const bench = closedAfterEach((options: Record<string, unknown> = {}) =>
  acpBench('qwen', [qwen()], model.url, { model: 'scripted-model', mode: 'default', ...options }),
);
const open = async (options: Record<string, unknown> = {}): Promise<{ talk: Talk; at: RealBench }> => {
  const at = await bench(options);
  return { talk: await at.open({ mode: at.agent.defaultMode }), at };
};
const run = (command: string) =>
  `tool: run_shell_command ${JSON.stringify({ command, is_background: false, description: 'run' })}`;

describe('qwen', () => {
  it('[feature: text, check] answers two prompts in one process, and tells its version', async () => {
    const { talk, at } = await open();
    expect((await talk.turn('say: hello world')).outcome).toEqual({ status: 'ok' });
    expect(talk.text).toBe('hello world');
    await talk.turn('say: and again');
    expect(talk.all('turn_end')).toHaveLength(2);
    expect(await at.agent.check(AbortSignal.timeout(20_000))).toMatchObject([
      { level: 'ok', what: 'Qwen Code 0.24.4 answers over ACP' },
    ]);
  });

  it('[feature: tool allowed] runs a command after it was allowed', async () => {
    const { talk, at } = await open();
    await talk.say(`${run('touch a')} ;; say: made it`);
    await talk.decide('allow');
    expect(await talk.next('tool_ended')).toMatchObject({ ok: true });
    expect((await talk.next('turn_end')).outcome).toEqual({ status: 'ok' });
    expect(await at.has('a')).toBe(true);
  });

  it('[feature: tool denied, interrupt] does not run what was denied, and can be stopped', async () => {
    const { talk, at } = await open();
    await talk.say(`${run('touch a')} ;; say: then not`);
    await talk.decide('deny');
    await talk.next('turn_end');
    expect(await at.has('a')).toBe(false);
    await talk.say('slow: 20 ;; say: aaaa bbbb cccc dddd eeee ffff');
    await talk.next('text');
    await talk.session.interrupt(AbortSignal.timeout(10_000));
    expect((await talk.next('turn_end')).outcome).toEqual({ status: 'interrupted' });
    expect((await talk.turn('say: and on')).outcome).toEqual({ status: 'ok' });
  });

  it('[feature: resume, native sessions] goes on in a new process, and lists conversations', async () => {
    const { talk, at } = await open();
    await talk.turn('say: remember me');
    const resume = talk.nativeId;
    await talk.close();
    const again = await at.open({ resume });
    await again.turn('say: here');
    expect(again.text).toBe('here');
    expect(JSON.stringify(model.requests.at(-1)?.messages)).toContain('remember me');
    await again.close();
    expect((await at.agent.store?.list(at.place.workDir, 10))?.map(({ id }) => id)).toEqual([resume]);
  });

  it('[feature: mode change] asks nothing after a change to yolo', async () => {
    const { talk, at } = await open();
    expect(await talk.session.set?.({ mode: 'yolo' })).toBe(true);
    await talk.turn(`${run('touch a')} ;; say: done`);
    expect(talk.all('approval')).toEqual([]);
    expect(await at.has('a')).toBe(true);
  });

  it('[feature: model errors] says what went wrong on status 401, and stays usable', async () => {
    const { talk } = await open();
    expect((await talk.turn('error: 401')).outcome).toMatchObject({ status: 'error', code: 'auth' });
    expect((await talk.turn('say: better')).outcome.status).toBe('ok');
  });

  it('[feature: kill in mid-turn] leaves nothing behind', async () => {
    const { at } = await open({ mode: 'yolo' });
    const marker = randomUUID();
    const talk = await at.open({ marker, mode: 'yolo' });
    // It refuses long sleeps.
    await talk.say(`${run('tail -f /dev/null')} ;; say: never`);
    await talk.next('tool_started');
    await sleep(700);
    process.kill(talk.session.process?.pid ?? 0, 'SIGKILL');
    // It may still say, while it goes down, that the turn was cancelled.
    expect(['error', 'interrupted']).toContain((await talk.next('turn_end')).outcome.status);
    await talk.next('exit');
    await talk.close();
    expect(await leftBehind(marker)).toEqual([]);
  });
});
