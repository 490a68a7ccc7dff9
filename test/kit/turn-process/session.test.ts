import { randomUUID } from 'node:crypto';
import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import type { AgentMode } from '../../../src/core/agent.ts';
import type { AgentEventBody, TurnOutcome } from '../../../src/core/agent-event.ts';
import { AppError } from '../../../src/core/errors.ts';
import { asId, type NativeId, type PromptId } from '../../../src/core/ids.ts';
import { text, type Wire } from '../../../src/kit/acp/wire.ts';
import { startTime } from '../../../src/kit/process/process-table.ts';
import { OneTurn } from '../../../src/kit/turn-process/one-turn.ts';
import type { TurnReader } from '../../../src/kit/turn-process/reader.ts';
import { TurnProcessSession } from '../../../src/kit/turn-process/session.ts';
import type { TurnProcessSpec } from '../../../src/kit/turn-process/spec.ts';
import { tailFile } from '../../../src/kit/turn-process/tail-file.ts';
import { silentLog } from '../../agents/codex/fake.ts';

const FAKE = fileURLToPath(new URL('./fake-turn.mjs', import.meta.url));
const MODES: readonly AgentMode[] = [
  { id: 'ask', aliases: ['default'], label: 'Ask', description: '' },
  { id: 'yolo', aliases: [], label: 'Yolo', description: '' },
];

function jsonReader(resume?: NativeId): TurnReader {
  const turn = new OneTurn(resume);
  return {
    format: 'json',
    get nativeId() {
      return turn.nativeId;
    },
    get running() {
      return turn.running;
    },
    sent: (prompt) => {
      turn.sent(prompt);
      return [];
    },
    read: (line: Wire) => {
      const said = text(line.text) ?? '';
      if (line.type === 'say') return [...turn.session('native-1'), ...turn.block(said)];
      if (line.type === 'tool') {
        const id = text(line.id) ?? '';
        return turn.toolStarted({ id, name: id, summary: '', form: 'plain' });
      }
      return line.type === 'end' ? turn.end({ status: 'ok' }) : [];
    },
    ended: (outcome) => (turn.running ? turn.end(outcome) : []),
  };
}

/** Its turn begins with the process, for want of a line that says so. */
function textReader(): TurnReader {
  const turn = new OneTurn(undefined);
  return {
    format: 'text',
    nativeId: undefined,
    get running() {
      return turn.running;
    },
    sent: (prompt) => {
      turn.sent(prompt);
      return turn.begin();
    },
    read: (line: string) => turn.delta(`${line}\n`),
    ended: (outcome) => (turn.running ? turn.end(outcome) : []),
  };
}

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

async function open(more: Partial<TurnProcessSpec> = {}) {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'cc-turn-')));
  cleanups.push(() => rm(folder, { recursive: true, force: true }));
  const [mode] = MODES;
  if (mode === undefined) throw new Error('no mode');
  const env = { PATH: process.env.PATH ?? '', ...more.env };
  const session = await TurnProcessSession.open(
    {
      label: 'Fake',
      command: process.execPath,
      args: [FAKE],
      session: { workDir: folder, env, systemPrompt: '', allowedTools: [], marker: randomUUID() },
      settings: { mode, model: 'first', effort: undefined },
      modes: MODES,
      reader: jsonReader(),
      turn: (prompt, settings, nativeId) => ({
        args: ['--mode', settings.mode.id, `--model=${settings.model}`, `--resume=${nativeId}`],
        input: prompt.text,
      }),
      clean: (said) => said.replaceAll('secret', '***'),
      log: silentLog,
      ...more,
      env,
    },
    AbortSignal.timeout(20_000),
  );
  cleanups.push(() => session.close({ quick: true }, AbortSignal.timeout(10_000)));
  const bodies: AgentEventBody[] = [];
  const finished = (async () => {
    for await (const { body } of session.events(1)) bodies.push(body);
  })();
  const all = <K extends AgentEventBody['kind']>(kind: K) =>
    bodies.flatMap((body) => (body.kind === kind ? [body as Extract<AgentEventBody, { kind: K }>] : []));
  const until = async (done: () => boolean) => {
    for (const end = Date.now() + 20_000; !done(); ) {
      if (Date.now() > end) throw new Error(`waited in vain; got ${JSON.stringify(bodies)}`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  };
  const prompt = (script: string, signal: AbortSignal = AbortSignal.timeout(20_000)) =>
    session.prompt({ id: asId<PromptId>(randomUUID()), text: script, images: [] }, signal);
  const turn = async (script: string) => {
    const before = all('turn_end').length;
    await prompt(script);
    await until(() => all('turn_end').length > before);
    return all('turn_end').at(-1)?.outcome as TurnOutcome;
  };
  const said = () => all('text').map((body) => body.text);
  return { session, bodies, finished, all, until, prompt, turn, said, folder };
}

describe('a session of one process per turn', () => {
  it('makes each command line from what is set now and the conversation', async () => {
    const { session, turn, said } = await open();
    await turn('args\nend');
    expect(await session.set({ mode: 'YOLO', model: 'other' })).toBe(true);
    expect(await session.set({ mode: 'unheard of' })).toBe(false);
    await turn('args\nend');
    expect(await session.set({ model: null })).toBe(true);
    await turn('args\nend');
    expect(said().map((line) => JSON.parse(line))).toEqual([
      ['--mode', 'ask', '--model=first', '--resume=undefined'],
      ['--mode', 'yolo', '--model=other', '--resume=native-1'],
      ['--mode', 'yolo', '--model=first', '--resume=native-1'],
    ]);
  });

  it('accepts a prompt whose whole turn comes in one piece', async () => {
    const { session, turn, finished, bodies } = await open();
    expect(await turn('say a\ntool t\nend')).toEqual({ status: 'ok' });
    await session.close({ quick: false }, AbortSignal.timeout(10_000));
    await finished;
    expect(bodies.map(({ kind }) => kind)).toEqual([
      'settings',
      'session',
      'turn_start',
      'text',
      'tool_started',
      'tool_ended',
      'turn_end',
      'exit',
    ]);
    await expect(
      session.prompt({ id: asId('x'), text: 'say a', images: [] }, AbortSignal.timeout(5_000)),
    ).rejects.toMatchObject({ code: 'agent.exited' });
  });

  it('ends what a turn left running, also after a good end', async () => {
    const { session, turn, said, until } = await open();
    await turn('child\nend');
    await turn('say next\nend');
    expect(await startTime(Number(said()[0]))).toBeUndefined();
    await until(() => session.process === undefined);
  });

  it('ends a process that lives on after the end of its turn', async () => {
    const { turn, said } = await open({ lingerMs: 50 });
    expect(await turn('say a\nend\nlinger')).toEqual({ status: 'ok' });
    expect(await turn('say b\nend')).toEqual({ status: 'ok' });
    expect(said()).toEqual(['a', 'b']);
  });

  it('interrupts by the signal the program understands, and goes on', async () => {
    const { session, prompt, turn, all, until, said } = await open({ interruptSignal: 'SIGINT' });
    await prompt('say wait\nhang');
    await until(() => said().length === 1);
    await session.interrupt(AbortSignal.timeout(10_000));
    expect(all('turn_end').map(({ outcome }) => outcome.status)).toEqual(['interrupted']);
    expect(said()).toEqual(['wait', 'bye']);
    expect(await turn('say on\nend')).toEqual({ status: 'ok' });
  });

  it('is not stopped by an interrupt when it is idle', async () => {
    const { session, turn } = await open();
    await session.interrupt(AbortSignal.timeout(5_000));
    expect(await turn('say on\nend')).toEqual({ status: 'ok' });
  });

  it('stops a turn that takes too long and keeps the session', async () => {
    const { prompt, until, all, turn } = await open({ limitMs: 700 });
    await prompt('say wait\nhang');
    await until(() => all('turn_end').length === 1);
    expect(all('turn_end')[0]?.outcome).toMatchObject({ status: 'error', code: 'other' });
    expect(all('turn_end')[0]?.outcome).toMatchObject({ message: expect.stringContaining('longer than') });
    expect(await turn('say on\nend')).toEqual({ status: 'ok' });
  });

  it('calls a death in the middle a crash and ends the session, without secrets', async () => {
    const { prompt, finished, bodies } = await open();
    await prompt('stderr my secret\nsay last\ndie');
    await finished;
    const [end, exit] = bodies.slice(-2);
    expect(end).toMatchObject({ kind: 'turn_end', outcome: { status: 'error', code: 'crash' } });
    expect(exit).toMatchObject({
      kind: 'exit',
      signal: 'SIGKILL',
      detail: expect.stringContaining('my ***'),
    });
  });

  it('lets the adapter judge an exit', async () => {
    const { turn } = await open({
      judge: ({ exit, detail }) =>
        exit.code === 0
          ? { outcome: { status: 'ok' } }
          : { outcome: { status: 'error', message: detail, code: 'server' } },
    });
    expect(await turn('say a')).toEqual({ status: 'ok' });
    expect(await turn('stderr too busy\nsay a\nexit 7')).toEqual({
      status: 'error',
      message: 'Fake ended (exit code 7): too busy',
      code: 'server',
    });
    expect(await turn('say a')).toEqual({ status: 'ok' });
  });

  it('refuses a prompt whose turn did not begin, in the words of the adapter', async () => {
    const plain = await open();
    await expect(plain.prompt('stderr no key\nexit 41')).rejects.toMatchObject({
      code: 'agent.start_failed',
      message: 'Fake ended (exit code 41): no key',
    });
    expect(await plain.turn('say a\nend')).toEqual({ status: 'ok' });
    const own = await open({ startError: () => new AppError('resume_failed', 'gone') });
    await expect(own.prompt('exit 42')).rejects.toMatchObject({ code: 'resume_failed' });
    expect(own.all('turn_start')).toHaveLength(0);
  });

  it('gives up a prompt when aborted, with nothing left', async () => {
    const { session, prompt, turn, until } = await open();
    const abort = new AbortController();
    const prompting = prompt('hang', abort.signal);
    prompting.catch(() => undefined);
    setTimeout(() => abort.abort(new Error('no longer wanted')), 300);
    await expect(prompting).rejects.toThrow('no longer wanted');
    expect(await turn('say a\nend')).toEqual({ status: 'ok' });
    await until(() => session.process === undefined);
  });

  it('is closed while a process starts', async () => {
    const { session, prompt, finished, bodies } = await open();
    const prompting = prompt('child\nhang');
    prompting.catch(() => undefined);
    await new Promise((resolve) => setImmediate(resolve));
    await session.close({ quick: true }, AbortSignal.timeout(10_000));
    await expect(prompting).rejects.toBeInstanceOf(Error);
    await finished;
    expect(session.process).toBeUndefined();
    expect(bodies.at(-1)?.kind).toBe('exit');
  });

  it('tells of a program that is broken or missing when it opens', async () => {
    await expect(open({ env: { FAKE_BROKEN: 'no library' } })).rejects.toMatchObject({
      code: 'agent.start_failed',
      message: expect.stringContaining('no library'),
    });
    await expect(open({ command: '/nowhere/x' })).rejects.toMatchObject({ code: 'process.not_found' });
  });

  it('skips lines that are no JSON', async () => {
    const { turn, said } = await open();
    expect(await turn('raw Loading…\nraw [1]\nsay hello\nend')).toEqual({ status: 'ok' });
    expect(said()).toEqual(['hello']);
  });

  it('reads plain text', async () => {
    const { turn, said } = await open({
      reader: textReader(),
      turn: (prompt) => ({ args: ['--plain'], input: prompt.text, env: { OWN: '1' } }),
      judge: () => ({ outcome: { status: 'ok' } }),
    });
    expect(await turn('say one\nenv OWN')).toEqual({ status: 'ok' });
    expect(said().join('')).toBe('one\n1\n');
  });

  it('reads from a file that the program writes, to its end', async () => {
    let file = '';
    const { turn, said, folder } = await open({
      reader: textReader(),
      output: ({ ended }) => tailFile(() => file || undefined, { ended, pollMs: 20 }),
      judge: () => ({ outcome: { status: 'ok' } }),
    });
    file = join(folder, 'transcript');
    await turn(`say not this\nappend ${file} first\nappend ${file} last`);
    expect(said().join('')).toBe('first\nlast\n');
  });
});
