import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { definition } from '../../../src/agents/tmux/index.ts';
import type { AgentSession, SessionSpec } from '../../../src/core/agent.ts';
import type { AgentEventBody } from '../../../src/core/agent-event.ts';
import { asId, type NativeId, type PromptId } from '../../../src/core/ids.ts';
import { kin } from '../../../src/kit/process/kin.ts';
import { startTime } from '../../../src/kit/process/process-table.ts';
import { silentLog } from '../claudecode/silent-log.ts';
import { fakeTerminal, replCommand, type Terminal, tmuxIsHere } from './fake.ts';

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

async function terminal(env: Readonly<Record<string, string>> = {}, options: object = {}): Promise<Terminal> {
  const made = await fakeTerminal(env, options);
  cleanups.push(made.dispose);
  return made;
}

async function open({ agent, spec }: Terminal, more: Partial<SessionSpec> = {}): Promise<AgentSession> {
  const session = await agent.open({ ...spec, ...more }, AbortSignal.timeout(60_000));
  cleanups.push(() => session.close({ quick: true }, AbortSignal.timeout(10_000)));
  return session;
}

const promptId = () => asId<PromptId>(randomUUID());

/** Everything said up to the end of the turn of this prompt. */
async function ask(session: AgentSession, text: string, id = promptId()): Promise<AgentEventBody[]> {
  await session.prompt({ id, text, images: [] }, AbortSignal.timeout(30_000));
  return toEnd(session, id);
}

async function toEnd(session: AgentSession, id: PromptId): Promise<AgentEventBody[]> {
  const said: AgentEventBody[] = [];
  let mine = false;
  for await (const { body } of session.events(1)) {
    mine ||= body.kind === 'turn_start' && body.prompts.includes(id);
    if (mine) said.push(body);
    if (body.kind === 'turn_end' && body.prompts.includes(id)) break;
  }
  return said;
}

const textOf = (said: readonly AgentEventBody[]) =>
  said.map((body) => (body.kind === 'text' ? body.text : '')).join('');
const idOf = async (session: AgentSession): Promise<NativeId> => {
  for await (const { body } of session.events(1)) if (body.kind === 'session') return body.nativeId;
  throw new Error('no session');
};

describe.skipIf(!tmuxIsHere())('a program in a real tmux', () => {
  it('[feature: text, created pane] is created with its folder and environment, none of it in a command line', async () => {
    const here = await terminal({}, { env: { MY_SECRET: 'tr1cky "value" $HOME' } });
    const session = await open(here);
    expect(textOf(await ask(session, 'env MY_SECRET'))).toBe('tr1cky "value" $HOME');
    expect(textOf(await ask(session, 'env CC_PROJECT'))).toBe('p');
    expect(textOf(await ask(session, 'env TMUX_PANE'))).toMatch(/^%\d+$/);
    expect(here.tmux('display-message', '-p', '-t', 'work', '#{pane_start_path}').trim()).toBe(here.folder);
    expect(here.tmux('display-message', '-p', '-t', 'work', '#{history_limit}').trim()).toBe('50000');
    expect(here.tmux('show-options', '-gv', 'history-limit').trim()).toBe('2000');
    expect(execFileSync('ps', ['-eo', 'args'], { encoding: 'utf8' })).not.toContain('tr1cky');
  });

  it('[feature: streaming] is heard while it speaks, without its spinner', async () => {
    const session = await open(await terminal({ FAKE_SPIN_MS: '600' }));
    const said = await ask(session, 'slowly one two three');
    expect(textOf(said)).toBe('one\ntwo\nthree');
    expect(said.filter(({ kind }) => kind === 'text').length).toBeGreaterThan(1);
    expect(JSON.stringify(said)).not.toContain('Thinking');
  });

  it('[feature: end of turn] is not done while it only thinks, with or without a prompt pattern', async () => {
    const learnt = await open(await terminal());
    expect(textOf(await ask(learnt, 'say a\nthink 1500\nsilent 1200\nsay b'))).toBe('a\nb');
    const told = await open(await terminal({ FAKE_PROMPT: 'go ahead: ' }, { prompt_pattern: 'ahead:\\s*$' }));
    expect(textOf(await ask(told, 'say a\nsilent 2500\nsay b'))).toBe('a\nb');
  });

  it('answers after it cleared its screen, and with more than the screen holds', async () => {
    const session = await open(await terminal());
    expect(textOf(await ask(session, 'lines 2000')).split('\n')).toHaveLength(2000);
    expect(textOf(await ask(session, 'clear\nsay after'))).toBe('after');
    expect(textOf(await ask(session, 'say again'))).toBe('again');
  });

  it('[feature: attach] is found where a person started it, and left running when we go', async () => {
    const here = await terminal();
    here.tmux('-f', '/dev/null', 'new-session', '-d', '-s', 'mine', '-x', '100', '-y', '30', replCommand());
    const attached = await attachedTo(here, { target: 'mine:0.0' });
    const session = await open(attached);
    expect(textOf(await ask(session, 'say hello'))).toBe('hello');
    const pid = Number(here.tmux('display-message', '-p', '-t', 'mine', '#{pane_pid}'));
    // Nothing marks it as ours, so no clean-up of leftovers reaches it.
    expect(session.process).toBeUndefined();
    expect(await kin({ pid: -1, startTime: undefined, marker: attached.spec.marker })).toEqual([]);
    await session.close({ quick: true }, AbortSignal.timeout(10_000));
    expect(await startTime(pid)).toBeDefined();
    expect(await attached.agent.store?.remove?.(here.folder, await idOf(session))).toBe(false);
    expect(await startTime(pid)).toBeDefined();
  });

  it('takes a message while somebody scrolls in the pane', async () => {
    const here = await terminal();
    const session = await open(here);
    await ask(session, 'lines 100');
    here.tmux('copy-mode', '-t', 'work');
    here.tmux('send-keys', '-t', 'work', '-X', 'history-top');
    expect(textOf(await ask(session, 'say hello'))).toBe('hello');
  });

  it('[feature: resume, native sessions] is gone on with by a later start, listed, and removed when asked', async () => {
    const here = await terminal();
    const first = await open(here);
    const id = await idOf(first);
    await ask(first, 'say one');
    await first.close({ quick: false }, AbortSignal.timeout(10_000));
    const store = here.agent.store;
    expect(await store?.has(here.folder, id)).toBe(true);
    expect((await store?.list(here.folder, 5))?.map((session) => session.id)).toEqual([id]);
    const second = await open(here, { resume: id, marker: randomUUID() });
    expect(await idOf(second)).toBe(id);
    expect(textOf(await ask(second, 'say two'))).toBe('two');
    expect((await store?.history(here.folder, id, 5))?.[0]?.text).toContain('one');
    await second.close({ quick: false }, AbortSignal.timeout(10_000));
    expect(await store?.remove?.(here.folder, id)).toBe(true);
    await expect(open(here, { resume: id })).rejects.toMatchObject({ code: 'resume_failed' });
  });

  it('[feature: outcome of a prompt] finds the answer to a prompt that went on without us', async () => {
    const here = await terminal();
    const session = await open(here);
    const nativeId = await idOf(session);
    const id = promptId();
    await session.prompt(
      { id, text: 'say one\nthink 1500\nsay two', images: [] },
      AbortSignal.timeout(30_000),
    );
    await session.close({ quick: true }, AbortSignal.timeout(10_000));
    const store = here.agent.store;
    expect(await store?.outcome?.(here.folder, nativeId, id)).toEqual({
      state: 'ended',
      text: 'one\ntwo',
      ok: true,
      nativeId,
    });
    expect(await store?.outcome?.(here.folder, undefined, id)).toMatchObject({ state: 'ended', nativeId });
    expect(await store?.outcome?.(here.folder, nativeId, promptId())).toEqual({ state: 'absent' });
    here.tmux('kill-server');
    expect(await store?.outcome?.(here.folder, nativeId, id)).toEqual({ state: 'unknown' });
  });

  it('[feature: shared pane] serves two conversations one after another', async () => {
    const here = await terminal();
    const [one, two] = [await open(here), await open(here, { marker: randomUUID() })];
    expect(await idOf(one)).toBe(await idOf(two));
    const answers = await Promise.all([ask(one, 'think 800\nsay first'), ask(two, 'say second')]);
    expect(answers.map(textOf)).toEqual(['first', 'second']);
  });

  it('[feature: window per conversation] has a window of its own for each when asked', async () => {
    const here = await terminal({}, { window_per_session: true });
    const [one, two] = [await open(here), await open(here, { marker: randomUUID() })];
    expect(await idOf(one)).not.toBe(await idOf(two));
    const answers = await Promise.all([ask(one, 'say first'), ask(two, 'say second')]);
    expect(answers.map(textOf)).toEqual(['first', 'second']);
    expect(await here.agent.store?.list(here.folder, 5)).toHaveLength(2);
  });

  it('[feature: interrupt] is stopped by the configured keys', async () => {
    const session = await open(await terminal({}, { interrupt_keys: ['Escape'] }));
    const id = promptId();
    await session.prompt({ id, text: 'say wait\nhang', images: [] }, AbortSignal.timeout(30_000));
    await sleep(700);
    await session.interrupt(AbortSignal.timeout(10_000));
    const said = await toEnd(session, id);
    expect(said.at(-1)).toMatchObject({ kind: 'turn_end', outcome: { status: 'interrupted' } });
    expect(textOf(await ask(session, 'say hello'))).toBe('hello');
  });

  it('[feature: kill in mid-turn, dead pane] tells plainly that its program ended, and starts another one later', async () => {
    const here = await terminal();
    const session = await open(here);
    const end = (await ask(session, 'exit 3')).at(-1);
    expect(end).toMatchObject({ outcome: { status: 'error', code: 'crash' } });
    expect(JSON.stringify(end)).toContain('has ended (exit code 3): ');
    expect(JSON.stringify(end)).toContain('the reason why');
    expect(textOf(await ask(await open(here, { marker: randomUUID() }), 'say hello'))).toBe('hello');
  });

  it('tells of a pane that somebody closed', async () => {
    const here = await terminal();
    const session = await open(here);
    here.tmux('kill-server');
    const kinds: string[] = [];
    for await (const { body } of session.events(1)) kinds.push(body.kind);
    expect(kinds).toEqual(['session', 'exit']);
  });

  it('tells of a program that ends at once, and of a prompt that never comes', async () => {
    const ends = await terminal({}, { init_command: 'echo no such thing; exit 4' });
    await expect(open(ends)).rejects.toThrow(/ended at once \(exit code 4\): no such thing/);
    const silent = await terminal({}, { prompt_pattern: '^never$', startup_wait_ms: 1 });
    const opening = silent.agent.open(silent.spec, AbortSignal.timeout(1_500));
    await expect(opening).rejects.toThrow();
    expect(await silent.agent.store?.list(silent.folder, 5)).toEqual([]);
  });

  it('[feature: check] names what is missing', async () => {
    const here = await terminal();
    const levels = async (options: object) => {
      const { agent } = await attachedTo(here, options);
      return (await agent.check(AbortSignal.timeout(20_000))).map(({ level, what }) => `${level}: ${what}`);
    };
    expect((await here.agent.check(AbortSignal.timeout(20_000))).map(({ level }) => level)).toEqual([
      'ok',
      'ok',
      'ok',
    ]);
    expect(await levels({ target: 'nobody:3' })).toContain('error: There is no tmux pane nobody:3');
    expect(await levels({ session: 's', command: '/nowhere/tmux' })).toContain(
      'error: "/nowhere/tmux" was not found',
    );
    const { agent, spec } = await attachedTo(here, { target: 'nobody:3' });
    await expect(agent.open(spec, AbortSignal.timeout(20_000))).rejects.toThrow(
      'There is no tmux pane nobody:3',
    );
  });
});

/** The adapter with other options on the same server. */
async function attachedTo(here: Terminal, options: object): Promise<Terminal> {
  const agent = definition.create(
    { socket: here.socket, work_dir: here.folder, poll_interval_ms: 50, settle_ms: 400, ...options },
    { log: silentLog, cacheDir: here.folder, baseDir: here.folder },
  );
  return { ...here, agent };
}
