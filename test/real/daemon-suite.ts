import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type DaemonHome, until } from '../blackbox/daemon.ts';
import { type AgentText, DaemonWorld } from './daemon-world.ts';

/** A scripted model, in whatever dialect. */
export interface ScriptedModel {
  /** Every request so far. */
  readonly requests: readonly object[];
  close(): Promise<void>;
}

/** One agent as the tests of the whole way meet it. */
export interface DaemonSubject<M extends ScriptedModel> {
  readonly startModel: () => Promise<M>;
  readonly agent: (home: DaemonHome, model: M) => AgentText;
  /** The model's call of a tool that makes this file in the working folder. */
  readonly touch: (file: string) => string;
  /** The labels of the buttons, where they are the agent's own. */
  readonly labels?: { readonly allow: string; readonly deny: string };
  /** What is said of a key that the model refuses with 401. @default the number */
  readonly refused?: string;
  /** The interrupted words are part of the conversation afterwards, because the agent keeps a prompt it did not answer. */
  readonly keepsInterrupted: boolean;
}

/** The tests of the whole way: a chat platform, the built daemon, a real CLI, a scripted model. */
export function wholeWay<M extends ScriptedModel>(subject: DaemonSubject<M>): void {
  const { allow, deny } = subject.labels ?? { allow: 'Allow', deny: 'Deny' };
  let world: DaemonWorld;
  let model: M;

  beforeEach(async () => {
    model = await subject.startModel();
    world = await DaemonWorld.make((home) => subject.agent(home, model));
    await world.start();
  });
  afterEach(async (context) => {
    await world.close(context);
    await model.close();
  });

  /** Whether some request to the model held all of these words. */
  const asked = (...words: string[]) =>
    model.requests
      .map((request) => JSON.stringify(request))
      .some((text) => words.every((word) => text.includes(word)));
  const made = (file: string) => existsSync(join(world.home.workDir, file));
  const reaches = async (prompt: string) => {
    const before = model.requests.length;
    world.chat.send(prompt);
    await until(() => model.requests.length > before, 'the request to the model', 30_000);
  };
  const goesOn = async (words: string) => {
    world.chat.send(`anew ;; say: ${words}`);
    await world.appears(words);
    expect(world.count('could not be resumed')).toBe(0);
  };

  it('answers, and goes on with the same conversation after a restart', async () => {
    world.chat.send('say: the first answer');
    await world.appears('the first answer');
    await world.restart();
    await goesOn('the second answer');
    expect(asked('the first answer', 'say: the second answer')).toBe(true);
    expect(world.count('the first answer')).toBe(1);
  });

  it('runs after a press of the button what it asked about, and never what was denied', async () => {
    world.chat.send(`pre: I will run it. ;; ${subject.touch('made.txt')} ;; say: it is done`);
    const request = await world.button(allow);
    expect(made('made.txt')).toBe(false);
    await world.chat.press(request.id, allow);
    await world.appears('it is done');
    expect(made('made.txt')).toBe(true);
    world.chat.send(`${subject.touch('never.txt')} ;; say: then not`);
    const other = await world.button(deny);
    await world.chat.press(other.id, deny);
    await goesOn('after the denial');
    expect(made('never.txt')).toBe(false);
  });

  it('stops on /stop, tells what the model refused, and keeps the conversation', async () => {
    await goesOn('before the stop');
    await reaches('hang: 60');
    world.chat.send('/stop');
    await world.appears('Stopped');
    world.chat.send('error: 401');
    await world.appears(subject.refused ?? '401');
    await goesOn('after all that');
    expect(asked('before the stop', 'after all that')).toBe(true);
  });

  it('killed while a turn ran: the message is neither lost nor answered twice', async () => {
    await goesOn('warm');
    await reaches('slow: 4 ;; say: the words of the answer');
    await world.crash();
    await world.appears('the work was interrupted');
    expect(world.chat.seen().some(({ buttons }) => buttons.includes('Continue'))).toBe(true);
    await goesOn('and on');
    expect(asked('warm', 'say: and on')).toBe(true);
    expect(asked('the words of the answer', 'say: and on')).toBe(subject.keepsInterrupted);
    expect(world.count('the words of the answer')).toBe(0);
  });
}
