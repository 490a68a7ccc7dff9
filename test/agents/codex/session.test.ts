import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocketServer } from 'ws';
import type { AgentProvider, AgentSession, SessionSpec } from '../../../src/core/agent.ts';
import type { AgentEventBody } from '../../../src/core/agent-event.ts';
import { asId, type NativeId, type PromptId } from '../../../src/core/ids.ts';
import { startTime } from '../../../src/kit/process/process-table.ts';
import { fakeCodex } from './fake.ts';

type Kind = AgentEventBody['kind'];
type BodyOf<K extends Kind> = Extract<AgentEventBody, { kind: K }>;

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

interface How {
  readonly env?: Readonly<Record<string, string>>;
  readonly options?: object;
  readonly spec?: Partial<SessionSpec>;
  readonly provider?: AgentProvider;
}

async function open({ env, options, spec, provider }: How = {}) {
  const made = await fakeCodex(env, options, provider);
  cleanups.push(made.dispose);
  const session = await made.agent.open({ ...made.spec, ...spec }, AbortSignal.timeout(15_000));
  cleanups.push(() => session.close({ quick: true }, AbortSignal.timeout(10_000)));
  return { ...reader(session), session, agent: made.agent };
}

function reader(session: AgentSession) {
  const events: AgentEventBody[] = [];
  let wake: (() => void) | undefined;
  const finished = (async () => {
    for await (const { body } of session.events(1)) {
      events.push(body);
      wake?.();
    }
  })();
  const all = <K extends Kind>(kind: K) => events.filter((body): body is BodyOf<K> => body.kind === kind);
  const the = async <K extends Kind>(kind: K, count = 1): Promise<BodyOf<K>> => {
    for (;;) {
      const found = all(kind)[count - 1];
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  };
  const say = async (text: string) => {
    const id = asId<PromptId>(randomUUID());
    const { folded } = await session.prompt({ id, text, images: [] }, AbortSignal.timeout(10_000));
    return { id, folded };
  };
  const turn = async (text: string) => {
    const ends = all('turn_end').length;
    await say(text);
    return the('turn_end', ends + 1);
  };
  return { events, finished, all, the, say, turn };
}

describe('an app-server session', () => {
  it('offers what the server offers, a way to deny and what it would allow for good', async () => {
    const { session, say, the } = await open();
    await say('ask');
    const { wireId, request } = await the('approval');
    expect(wireId).toBe('0');
    expect(request).toMatchObject({
      summary: 'touch made.txt',
      options: [
        { id: 'accept', role: 'allow', label: '' },
        { id: 'offer-1', role: 'allow_always', label: 'Always allow: touch made.txt' },
        { id: 'decline', role: 'deny', label: '' },
        { id: 'cancel', role: 'other', label: 'Cancel turn' },
      ],
    });
    await session.answer(wireId, { kind: 'option', optionId: 'offer-1' });
    const { text } = await the('turn_end');
    expect(JSON.parse(text ?? '')).toEqual({
      decision: { acceptWithExecpolicyAmendment: { execpolicy_amendment: ['touch', 'made.txt'] } },
    });
  });

  it('denies by declining, whatever else is answered', async () => {
    const { session, say, the } = await open();
    await say('ask\nask');
    await session.answer((await the('approval')).wireId, { kind: 'deny', message: 'no' });
    await session.answer((await the('approval', 2)).wireId, { kind: 'option', optionId: 'unheard of' });
    await the('turn_end');
    expect((await the('turn_end')).text).toBe('{"decision":"decline"}');
  });

  it('sends the answers of a question, and a refusal as an answer', async () => {
    const { session, say, the } = await open();
    await say('question\nquestion');
    await session.answer((await the('approval')).wireId, { kind: 'answers', answers: { colour: ['Blue'] } });
    const second = await the('approval', 2);
    await session.answer(second.wireId, { kind: 'deny', message: 'none of them' });
    await the('turn_end');
    const said = await the('turn_end');
    expect(said.text).toBe('{"answers":{"colour":{"answers":["none of them"]}}}');
  });

  it('answers a request nobody knows with an error, so that the turn goes on', async () => {
    const { turn } = await open();
    expect((await turn('demand')).text).toContain('Not supported: item/tool/call');
  });

  it('[feature: steer] takes a message into the running turn, and is too late without one', async () => {
    const { session, say, the } = await open();
    const { id } = await say('steered');
    await the('turn_start');
    const late = { id: asId<PromptId>('late'), text: 'hey', images: [] };
    expect(await session.steer?.(late, AbortSignal.timeout(5_000))).toBe('taken');
    expect(await the('turn_end')).toMatchObject({ prompts: [id, 'late'], text: 'hey' });
    expect(await session.steer?.(late, AbortSignal.timeout(5_000))).toBe('too_late');
  });

  it('takes back what a lost connection had cut off', async () => {
    const { turn, all } = await open();
    expect((await turn('retry\nsay again')).text).toBe('again');
    expect(all('text_end')).toEqual([{ kind: 'text_end', void: true }, { kind: 'text_end' }]);
    expect(all('notice')[0]?.notice).toEqual({
      kind: 'retrying',
      attempt: 1,
      max: 5,
      delayMs: 0,
      reason: 'gone',
    });
  });

  it('[feature: usage] counts the tokens of a turn alone', async () => {
    const { turn } = await open();
    await turn('say one');
    expect((await turn('say two')).usage).toEqual({
      inputTokens: 80,
      outputTokens: 20,
      cacheReadTokens: 10,
      cacheWriteTokens: 0,
      contextTokens: 100,
      contextWindow: 1000,
    });
  });

  it('tells of a failed turn, and goes on', async () => {
    const { turn } = await open();
    expect((await turn('fail')).outcome).toMatchObject({ status: 'error', code: 'rate_limit' });
    expect((await turn('say on')).outcome).toEqual({ status: 'ok' });
  });

  it('[feature: mode change, model and effort] gives changed settings once, with the next turn', async () => {
    const { session, turn, all } = await open();
    expect(await session.set?.({ mode: 'full-auto', model: 'm-2', effort: 'low' })).toBe(true);
    const told = JSON.parse((await turn('settings')).text ?? '{}');
    expect(told).toMatchObject({
      approvalPolicy: 'never',
      sandboxPolicy: { type: 'workspaceWrite' },
      model: 'm-2',
      effort: 'low',
    });
    expect(await session.set?.({ model: null })).toBe(true);
    expect(JSON.parse((await turn('settings')).text ?? '{}').model).toBe('fake-1');
    expect(await session.set?.({ mode: 'loud' })).toBe(false);
    expect(all('settings').map(({ model }) => model)).toEqual(['fake-1', 'm-2', 'fake-1']);
  });

  it('[feature: system prompt] starts the thread with folder, mode, model, effort and instructions', async () => {
    const { turn } = await open({
      options: { mode: 'yolo', model: 'm-1', reasoning_effort: 'med' },
      spec: { systemPrompt: 'Be brief.' },
    });
    expect(JSON.parse((await turn('settings')).text ?? '{}')).toMatchObject({
      approvalPolicy: 'never',
      sandbox: 'danger-full-access',
      model: 'm-1',
      config: { model_reasoning_effort: 'medium' },
      developerInstructions: 'Be brief.',
    });
  });

  it('[feature: compaction] compacts on /compact', async () => {
    const { turn, all } = await open();
    expect((await turn('/compact')).outcome).toEqual({ status: 'ok' });
    expect(all('notice').map(({ notice }) => notice.kind)).toEqual(['compacting', 'compacting']);
  });

  it('[feature: models] lists models page by page, without hidden ones', async () => {
    const { session } = await open();
    expect(await session.models?.(AbortSignal.timeout(5_000))).toEqual([
      { id: 'a', label: 'A', description: 'first', efforts: ['low', 'high'] },
    ]);
  });

  it('[feature: resume] says when a conversation cannot be resumed', async () => {
    const resume = asId<NativeId>('00000000-0000-7000-8000-000000000000');
    await expect(open({ spec: { resume } })).rejects.toMatchObject({ code: 'resume_failed' });
  });

  it('shows why it did not come up, without secrets', async () => {
    const env = { FAKE_START_EXIT: 'no good: top-secret', OPENAI_API_KEY: 'top-secret' };
    await expect(open({ env })).rejects.toMatchObject({
      code: 'agent.start_failed',
      message: expect.stringContaining('no good: ***'),
    });
    const old = { FAKE_START_EXIT: "error: unrecognized subcommand 'app-server'" };
    await expect(open({ env: old })).rejects.toMatchObject({ advice: expect.stringContaining('too old') });
    await expect(open({ spec: { mode: 'loud' } })).rejects.toMatchObject({ code: 'mode_unknown' });
  });
});

describe('[feature: app_server_url] an app-server that somebody else runs', () => {
  it('is spoken to over a WebSocket, and outlives the session', async () => {
    const fake = fileURLToPath(new URL('./fake-codex.mjs', import.meta.url));
    const children: ChildProcess[] = [];
    const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
    await once(server, 'listening');
    server.on('connection', (socket) => {
      const child = spawn(process.execPath, [fake, 'app-server'], { stdio: ['pipe', 'pipe', 'ignore'] });
      children.push(child);
      socket.on('message', (data) => child.stdin?.write(`${data}\n`));
      if (child.stdout) createInterface({ input: child.stdout }).on('line', (line) => socket.send(line));
    });
    cleanups.push(async () => {
      for (const child of children) child.kill('SIGKILL');
      await new Promise((resolve) => server.close(resolve));
    });
    const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const { session, turn, say, the, events, finished } = await open({ options: { app_server_url: url } });
    expect((await turn('say hello')).text).toBe('hello');
    await say('say wait\nhang');
    await the('text', 2);
    await session.close({ quick: false }, AbortSignal.timeout(5_000));
    await finished;
    expect((await the('turn_end', 2)).outcome).toEqual({ status: 'interrupted' });
    expect(events.at(-1)?.kind).toBe('exit');
    expect(children[0]?.exitCode).toBeNull();
  });

  it('says when there is none', async () => {
    const opening = open({ options: { app_server_url: 'ws://127.0.0.1:1' } });
    await expect(opening).rejects.toMatchObject({ code: 'agent.start_failed' });
  });
});

describe('[feature: exec backend] an exec session', () => {
  const exec = { options: { backend: 'exec', mode: 'full-auto' } };

  it('runs a process for every turn, on one conversation', async () => {
    const { session, turn, all, finished } = await open(exec);
    const first = await turn('run\nsay hello');
    expect(first).toMatchObject({ outcome: { status: 'ok' }, text: 'hello' });
    expect(first.usage).toMatchObject({ inputTokens: 10, outputTokens: 3 });
    const second = await turn('args');
    expect(second.usage).toMatchObject({ inputTokens: 0 });
    const args = JSON.parse(second.text ?? '[]');
    expect(args.slice(0, 2)).toEqual(['exec', 'resume']);
    expect(args).toContain('sandbox_mode="workspace-write"');
    expect(args).toContain('approval_policy="never"');
    expect(args.slice(-3)).toEqual(['--json', '01a1fc96-b625-7232-a30a-cc65e0f1fe74', '-']);
    expect(all('session')).toHaveLength(1);
    expect(all('tool_started')[0]?.call).toMatchObject({ summary: 'echo hi', form: 'shell' });
    expect(all('exit')).toHaveLength(0);
    await session.close({ quick: false }, AbortSignal.timeout(5_000));
    await finished;
    expect(all('exit')).toHaveLength(1);
  });

  it('stops a turn and keeps the conversation', async () => {
    const { session, say, the, turn } = await open(exec);
    await session.interrupt(AbortSignal.timeout(5_000));
    await say('say wait\nhang');
    await the('text');
    expect(session.process).toBeDefined();
    await session.interrupt(AbortSignal.timeout(5_000));
    expect((await the('turn_end')).outcome).toEqual({ status: 'interrupted' });
    expect(session.process).toBeUndefined();
    expect((await turn('say on')).text).toBe('on');
  });

  it('ends the session when its process dies, and the whole tree on close', async () => {
    const died = await open(exec);
    const { id } = await died.say('say last words\ndie');
    await died.finished;
    expect(died.events.slice(-2)).toMatchObject([
      { kind: 'turn_end', prompts: [id], outcome: { status: 'error', code: 'crash' } },
      { kind: 'exit', signal: 'SIGKILL' },
    ]);
    await expect(died.say('say no')).rejects.toMatchObject({ code: 'agent.exited' });

    const { session, say, the, finished, events } = await open(exec);
    await say('child\nhang');
    const child = Number.parseInt((await the('text')).text, 10);
    expect(await startTime(child)).toBeDefined();
    await session.close({ quick: true }, AbortSignal.timeout(10_000));
    await finished;
    expect(await startTime(child)).toBeUndefined();
    expect(events.slice(-2).map(({ kind }) => kind)).toEqual(['turn_end', 'exit']);
  });

  it('reports errors, and survives garbage and a line of three megabytes', async () => {
    const { turn, all } = await open(exec);
    expect((await turn('fail')).outcome).toMatchObject({ status: 'error', code: 'auth' });
    expect(all('notice')).toHaveLength(1);
    expect((await turn('garbage\nsay hello')).text).toBe('hello');
    expect((await turn('huge 3000000')).text).toHaveLength(3_000_000);
  });

  it('says why a turn did not begin', async () => {
    const made = await fakeCodex({ FAKE_START_EXIT: 'no good' }, exec.options);
    cleanups.push(made.dispose);
    const opening = made.agent.open(made.spec, AbortSignal.timeout(10_000));
    await expect(opening).rejects.toThrow('no good');
    const resume = asId<NativeId>('01a1fc96-b625-7232-a30a-cc65e0f1fe74');
    await expect(open({ ...exec, spec: { resume } })).rejects.toMatchObject({ code: 'resume_failed' });
  });

  it('gives up opening when aborted', async () => {
    const made = await fakeCodex({ FAKE_START_MS: '60000' }, exec.options);
    cleanups.push(made.dispose);
    const abort = new AbortController();
    const opening = made.agent.open(made.spec, abort.signal);
    opening.catch(() => undefined);
    setTimeout(() => abort.abort(new Error('no longer wanted')), 200);
    await expect(opening).rejects.toThrow('no longer wanted');
  });
});
