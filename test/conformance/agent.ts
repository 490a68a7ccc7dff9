import { createHash, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import type { Agent, AgentSession, SessionSpec } from '../../src/core/agent.ts';
import type { AgentEvent, AgentEventBody } from '../../src/core/agent-event.ts';
import { asId, type PromptId } from '../../src/core/ids.ts';
import { kin } from '../../src/kit/process/kin.ts';
import { startTime } from '../../src/kit/process/process-table.ts';

/** How the adapter under test is set up, over a scripted program that speaks its protocol. */
export interface AgentSubject {
  readonly name: string;
  /**
   * A fresh agent. `slow`: its program answers so late (a minute) that opening hangs until aborted.
   * `dispose` removes temporary files.
   */
  make(how: { readonly slow: boolean }): Promise<{
    readonly agent: Agent;
    readonly spec: SessionSpec;
    dispose?(): Promise<void>;
  }>;
  /** Prompts that make the scripted program do this in one turn. */
  readonly prompts: {
    /** Says exactly `hello`. */
    readonly hello: string;
    /**
     * Asks for one permission with an `allow` option, says something, and ends. Undefined for an agent that never
     * asks, like those that run a process for every turn.
     */
    readonly ask: string | undefined;
    /** Says something and hangs until interrupted. */
    readonly hang: string;
    /** Writes lines that are no JSON, broken UTF-8, half events and unknown messages, then says `hello`. */
    readonly garbage: string;
    /** Says 3,000,000 times `x` in one line of output. */
    readonly huge: string;
    /** Says something and dies by SIGKILL. */
    readonly die: string;
    /** Starts `sleep 300` in a process group of its own, says its pid and a full stop, and hangs. */
    readonly child: string;
    /** As the last line of a prompt: says the SHA-256 of the whole prompt, in hex. */
    readonly digest: string;
    /** Says something, starts a child that keeps its output open for long, and dies by SIGKILL. */
    readonly hold: string;
    /** Writes `the reason why` where programs complain (stderr, the screen), and exits with 3. */
    readonly complain: string;
    /** Exits with 0 before its turn has ended; without a word where the exit is what ends a turn. */
    readonly vanish: string;
  };
}

type Kind = AgentEventBody['kind'];

/** One open session and all its events. */
class Watch {
  readonly session: AgentSession;
  readonly events: AgentEvent[] = [];
  readonly finished: Promise<void>;
  #wake: (() => void) | undefined;

  constructor(session: AgentSession) {
    this.session = session;
    this.finished = this.#read();
  }

  prompt(text: string): { readonly id: PromptId; readonly accepted: Promise<unknown> } {
    const id = asId<PromptId>(randomUUID());
    return { id, accepted: this.session.prompt({ id, text, images: [] }, AbortSignal.timeout(20_000)) };
  }

  /** The `count`th event of this kind. */
  async the<K extends Kind>(kind: K, count = 1): Promise<Extract<AgentEventBody, { kind: K }>> {
    const deadline = Date.now() + 20_000;
    while (Date.now() < deadline) {
      const found = this.of(kind)[count - 1];
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, 200);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    throw new Error(`no ${kind} (${count}) came; got ${this.kinds.join(' ')}`);
  }

  of<K extends Kind>(kind: K): Extract<AgentEventBody, { kind: K }>[] {
    return this.events.flatMap(({ body }) =>
      body.kind === kind ? [body as Extract<AgentEventBody, { kind: K }>] : [],
    );
  }

  get kinds(): Kind[] {
    return this.events.map(({ body }) => body.kind);
  }

  get text(): string {
    return this.of('text')
      .map(({ text }) => text)
      .join('');
  }

  async #read(): Promise<void> {
    for await (const event of this.session.events(1)) {
      this.events.push(event);
      this.#wake?.();
    }
  }
}

/** The behaviour every agent adapter shares. Call it from a test file. */
export function agentConformance(subject: AgentSubject): void {
  describe(`${subject.name}: what every agent adapter does`, () => {
    const cleanups: (() => Promise<unknown>)[] = [];
    afterEach(async () => {
      for (const clean of cleanups.splice(0).reverse()) await clean();
    });
    const open = async (): Promise<{ watch: Watch; spec: SessionSpec }> => {
      const { agent, spec, dispose } = await subject.make({ slow: false });
      if (dispose !== undefined) cleanups.push(dispose);
      const session = await agent.open(spec, AbortSignal.timeout(20_000));
      const watch = new Watch(session);
      cleanups.push(() => session.close({ quick: true }, AbortSignal.timeout(10_000)));
      return { watch, spec };
    };
    const { prompts } = subject;

    it('numbers events without a gap, in the order start, text, end', async () => {
      const { watch } = await open();
      const { id, accepted } = watch.prompt(prompts.hello);
      await accepted;
      const end = await watch.the('turn_end');
      expect(end).toMatchObject({ prompts: [id], outcome: { status: 'ok' } });
      expect(watch.of('turn_start')).toEqual([{ kind: 'turn_start', origin: 'prompt', prompts: [id] }]);
      expect(watch.text).toBe('hello');
      const kinds = watch.kinds;
      expect(kinds.indexOf('turn_start')).toBeLessThan(kinds.indexOf('text'));
      expect(kinds.lastIndexOf('text')).toBeLessThan(kinds.indexOf('turn_end'));
      expect(kinds).toContain('session');
      expect(watch.events.map(({ seq }) => seq)).toEqual(watch.events.map((_, at) => at + 1));
    });

    it('ends every turn exactly once, and says nothing after the exit', async () => {
      const { watch } = await open();
      for (let turn = 1; turn <= 3; turn++) {
        await watch.prompt(prompts.hello).accepted;
        await watch.the('turn_end', turn);
      }
      await watch.session.close({ quick: false }, AbortSignal.timeout(15_000));
      await watch.finished;
      expect(watch.of('turn_end')).toHaveLength(3);
      expect(watch.text).toBe('hello'.repeat(3));
      expect(watch.of('turn_start')).toHaveLength(3);
      expect(watch.of('exit')).toHaveLength(1);
      expect(watch.kinds.at(-1)).toBe('exit');
    });

    it('gives the events again from a number on', async () => {
      const { watch } = await open();
      await watch.prompt(prompts.hello).accepted;
      await watch.the('turn_end');
      const again: AgentEvent[] = [];
      for await (const event of watch.session.events(2)) {
        again.push(event);
        if (event.body.kind === 'turn_end') break;
      }
      expect(again).toEqual(watch.events.slice(1));
    });

    it.skipIf(prompts.ask === undefined)('asks, takes one answer, and calls a second one stale', async () => {
      const { watch } = await open();
      const prompt = watch.prompt(prompts.ask ?? '');
      const { wireId, request } = await watch.the('approval');
      const options = request.kind === 'permission' ? request.options : [];
      const allow = options.find(({ role }) => role === 'allow');
      expect(allow).toBeDefined();
      const answer = { kind: 'option', optionId: allow?.id ?? '' } as const;
      expect(await watch.session.answer(wireId, answer)).toBe('taken');
      expect(await watch.session.answer(wireId, answer)).toBe('stale');
      expect(await watch.session.answer('no-such-approval', answer)).toBe('stale');
      await prompt.accepted;
      expect((await watch.the('turn_end')).outcome).toEqual({ status: 'ok' });
      expect(watch.of('approval_withdrawn')).toHaveLength(0);
    });

    it.skipIf(prompts.ask === undefined)(
      'withdraws an open approval before the interrupted turn ends',
      async () => {
        const { watch } = await open();
        const prompt = watch.prompt(prompts.ask ?? '');
        const { wireId } = await watch.the('approval');
        await watch.session.interrupt(AbortSignal.timeout(10_000));
        await prompt.accepted;
        await watch.the('turn_end');
        expect(watch.of('approval_withdrawn')).toEqual([{ kind: 'approval_withdrawn', wireId }]);
        expect(watch.kinds.indexOf('approval_withdrawn')).toBeLessThan(watch.kinds.indexOf('turn_end'));
        expect(await watch.session.answer(wireId, { kind: 'deny', message: 'late' })).toBe('stale');
      },
    );

    it('interrupts a turn and goes on with the next prompt', async () => {
      const { watch } = await open();
      await watch.session.interrupt(AbortSignal.timeout(10_000));
      await watch.prompt(prompts.hang).accepted;
      await watch.the('text');
      await watch.session.interrupt(AbortSignal.timeout(10_000));
      expect((await watch.the('turn_end')).outcome).toEqual({ status: 'interrupted' });
      await watch.prompt(prompts.hello).accepted;
      expect((await watch.the('turn_end', 2)).outcome).toEqual({ status: 'ok' });
    });

    it('ends the turn with an error when the process dies, then refuses prompts', async () => {
      const { watch } = await open();
      const { id, accepted } = watch.prompt(prompts.die);
      await accepted;
      await watch.finished;
      expect(watch.of('turn_end')).toMatchObject([
        { prompts: [id], outcome: { status: 'error', code: 'crash' } },
      ]);
      expect(watch.kinds.slice(-2)).toEqual(['turn_end', 'exit']);
      await expect(watch.prompt(prompts.hello).accepted).rejects.toBeInstanceOf(Error);
    });

    it('reports the death of an idle process as an exit and no turn', async () => {
      const { watch } = await open();
      const pid = watch.session.process?.pid;
      if (pid === undefined) return;
      process.kill(pid, 'SIGKILL');
      await watch.finished;
      expect(watch.of('turn_end')).toHaveLength(0);
      expect(watch.kinds.at(-1)).toBe('exit');
    });

    it('survives garbage on the output', async () => {
      const { watch } = await open();
      await watch.prompt(prompts.garbage).accepted;
      expect((await watch.the('turn_end')).outcome).toEqual({ status: 'ok' });
      expect(watch.text).toContain('hello');
    });

    it('takes a line of three megabytes', async () => {
      const { watch } = await open();
      await watch.prompt(prompts.huge).accepted;
      await watch.the('turn_end');
      expect(watch.text.length).toBe(3_000_000);
    });

    it.each([
      ['several lines', 'one\n\n  two\nthree'],
      ['a leading dash', '--help -x\n- item'],
      ['quotes and signs of shells', `it's "quoted" $HOME \`date\` \\ %s #{x} ;; $(id) & !`],
      ['emoji and other scripts', '😀👩‍👩‍👧 日本語 naïve עברית'],
      ['more than 32 KB', 'lorem ipsum '.repeat(3_400)],
    ])('hands over a prompt with %s as it is', async (_name, payload) => {
      const { watch } = await open();
      const prompt = `${payload}\n${prompts.digest}`;
      await watch.prompt(prompt).accepted;
      expect((await watch.the('turn_end')).outcome).toEqual({ status: 'ok' });
      expect(watch.text.trim()).toBe(createHash('sha256').update(prompt).digest('hex'));
    });

    it('refuses an aborted prompt, and takes the next one', async () => {
      const { watch } = await open();
      const id = asId<PromptId>(randomUUID());
      const abort = AbortSignal.abort(new Error('no longer wanted'));
      await expect(watch.session.prompt({ id, text: prompts.hello, images: [] }, abort)).rejects.toThrow();
      await watch.prompt(prompts.hello).accepted;
      expect((await watch.the('turn_end')).outcome).toEqual({ status: 'ok' });
      expect(watch.of('turn_end')).toHaveLength(1);
    });

    it('ends the turn of a process whose child holds the output open', async () => {
      const { watch, spec } = await open();
      await watch.prompt(prompts.hold).accepted;
      expect((await watch.the('turn_end')).outcome).toMatchObject({ status: 'error' });
      await watch.finished;
      await watch.session.close({ quick: true }, AbortSignal.timeout(15_000));
      expect(await leftovers(spec)).toEqual([]);
    });

    it('tells what a program complained about before it ended', async () => {
      const { watch } = await open();
      const refused = await watch.prompt(prompts.complain).accepted.then(
        () => undefined,
        (error: Error) => error.message,
      );
      const told = refused ?? JSON.stringify((await watch.the('turn_end')).outcome);
      expect(told).toContain('the reason why');
    });

    it('takes an exit with 0 in mid-turn for a failure', async () => {
      const { watch } = await open();
      await watch.prompt(prompts.vanish).accepted;
      expect((await watch.the('turn_end')).outcome).toMatchObject({ status: 'error' });
      await watch.session.close({ quick: true }, AbortSignal.timeout(15_000));
      await watch.finished;
      expect(watch.of('turn_end')).toHaveLength(1);
    });

    it('is harmless to call after the exit', async () => {
      const { watch } = await open();
      await watch.session.close({ quick: false }, AbortSignal.timeout(15_000));
      await watch.finished;
      const count = watch.events.length;
      await watch.session.interrupt(AbortSignal.timeout(10_000));
      expect(await watch.session.answer('gone', { kind: 'deny', message: '' })).toBe('stale');
      await watch.session.close({ quick: true }, AbortSignal.timeout(15_000));
      await expect(watch.prompt(prompts.hello).accepted).rejects.toBeInstanceOf(Error);
      const again: AgentEvent[] = [];
      for await (const event of watch.session.events(1)) again.push(event);
      expect(again).toHaveLength(count);
    });

    it('gives up opening when aborted and leaves no process behind', async () => {
      const { agent, spec, dispose } = await subject.make({ slow: true });
      if (dispose !== undefined) cleanups.push(dispose);
      const abort = new AbortController();
      const opening = agent.open(spec, abort.signal);
      opening.catch(() => undefined);
      await sleep(300);
      abort.abort(new Error('no longer wanted'));
      await expect(opening).rejects.toThrow();
      expect(await leftovers(spec)).toEqual([]);
      await expect(agent.open(spec, AbortSignal.abort(new Error('never wanted')))).rejects.toThrow();
      expect(await leftovers(spec)).toEqual([]);
    });

    it('ends the whole process tree on close, in the middle of a turn too', async () => {
      const { watch, spec } = await open();
      const { id, accepted } = watch.prompt(prompts.child);
      await accepted;
      for (let part = 1; !watch.text.includes('.'); part++) await watch.the('text', part);
      const child = Number.parseInt(watch.text, 10);
      expect(await startTime(child)).toBeDefined();
      await watch.session.close({ quick: true }, AbortSignal.timeout(15_000));
      await watch.finished;
      expect(await leftovers(spec)).toEqual([]);
      expect(await startTime(child)).toBeUndefined();
      expect(watch.of('turn_end').map((end) => end.prompts)).toEqual([[id]]);
      expect(watch.kinds.at(-1)).toBe('exit');
    });
  });
}

async function leftovers(spec: SessionSpec): Promise<string[]> {
  const found = await kin({ pid: 0x7fffffff, startTime: undefined, marker: spec.marker });
  return found.map(({ name, pid }) => `${name} (${pid})`);
}
