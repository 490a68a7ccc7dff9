import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ProjectSettings } from '../../src/engine/settings.ts';
import { Harness, until } from '../engine-harness/harness.ts';

let chat: Harness;
const named = () => chat.platform.texts.filter((text) => text.includes('npm run dev'));

/** A conversation whose agent goes on with a task. */
async function working(): Promise<void> {
  await chat.turn('start the server', 'ok');
  await starts();
}

async function starts(): Promise<void> {
  chat.agent.last?.emit({ kind: 'background', running: ['npm run dev'] });
  await until('the task', () => chat.queries.processes(chat.context.name)[0]?.background.length === 1);
}

async function opened(settings: Partial<ProjectSettings> = {}): Promise<void> {
  await chat.close();
  chat = await Harness.open({ settings });
}

beforeEach(async () => {
  chat = await Harness.open();
});
afterEach(() => chat.close());

describe('a task that the agent does in the background is named', () => {
  it('when a long silence begins a new conversation', async () => {
    await opened({ resetOnIdleMs: 1 });
    await working();
    await chat.say('hello again');
    await until('the new conversation', () => chat.agent.sessions.length === 2);
    await until('the name', () => named().length === 1);
  });

  it('when a change of the mode needs a new process', async () => {
    await working();
    if (chat.agent.last) chat.agent.last.settable = false;
    await chat.say('/mode acceptEdits');
    await until('the end of the process', () => chat.agent.last?.closed === true);
    await until('the name', () => named().length === 1);
  });

  it('when the agent is silent too long', async () => {
    await opened({ idleTimeoutMs: 10 });
    chat.expectsProblems = true;
    await chat.running('start the server');
    if (chat.agent.last) chat.agent.last.deaf = true;
    await starts();
    await until('the end of the process', () => chat.agent.last?.closed === true);
    await until('the name', () => named().length === 1);
  });

  it('when a second /stop ends the process by force', async () => {
    await chat.running('start the server');
    if (chat.agent.last) chat.agent.last.deaf = true;
    await starts();
    await chat.say('/stop');
    await until('the first stop', () => chat.actor().turn?.state === 'stopping');
    await chat.say('/stop');
    await until('the name', () => named().length === 1);
  });

  it('at the next start when the daemon stopped, and only then', async () => {
    await working();
    await chat.restart();
    await until('the name', () => named().length === 1);
    await chat.restart();
    await chat.turn('still there?', 'yes');
    expect(named()).toHaveLength(1);
  });

  it('at the next start when the daemon was killed', async () => {
    await chat.turn('hi', 'ok');
    const process = {
      marker: 'cc-left',
      project: chat.context.name,
      sessionId: chat.actor().sessions.active(chat.address()).id,
      pid: -1,
      startTime: '',
      finishesOnEof: false,
      background: ['npm run dev'],
      startedAt: 1,
    };
    await chat.store.commit('processStarted', { process });
    await chat.restart();
    await until('the name', () => named().length === 1);
    await until('its end', () => chat.queries.processes(chat.context.name).length === 0);
  });

  it('not when it was over before', async () => {
    await working();
    chat.agent.last?.emit({ kind: 'background', running: [] });
    await until('its end', () => chat.queries.processes(chat.context.name)[0]?.background.length === 0);
    await chat.ask('/new');
    expect(named()).toHaveLength(0);
  });
});
