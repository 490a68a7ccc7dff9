import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { AgentSession } from '../../../src/core/agent.ts';
import type { AgentEventBody } from '../../../src/core/agent-event.ts';
import { asId, type PromptId } from '../../../src/core/ids.ts';
import { fakeClaude } from './fake.ts';

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

async function open(env: Readonly<Record<string, string>> = {}) {
  const made = await fakeClaude(env);
  cleanups.push(made.dispose);
  const session = await made.agent.open(made.spec, AbortSignal.timeout(20_000));
  cleanups.push(() => session.close({ quick: true }, AbortSignal.timeout(10_000)));
  return { session, folder: made.folder };
}

const prompt = (text: string) => ({ id: asId<PromptId>(randomUUID()), text, images: [] });
const soon = () => AbortSignal.timeout(15_000);

/** Reads events from the beginning up to the first of this kind. */
async function until<K extends AgentEventBody['kind']>(session: AgentSession, kind: K) {
  const seen: AgentEventBody[] = [];
  for await (const { body } of session.events(1)) {
    seen.push(body);
    if (body.kind === kind) return { seen, last: body as Extract<AgentEventBody, { kind: K }> };
  }
  throw new Error(`ended without ${kind}`);
}

describe('a prompt', () => {
  it('is not confirmed when it is aborted before the CLI has taken it', async () => {
    const { session } = await open({ FAKE_DEAF: '1' });
    const abort = new AbortController();
    const given = session.prompt(prompt('say hello'), abort.signal);
    // By then it has been written.
    await new Promise((resolve) => setImmediate(resolve));
    abort.abort(new Error('enough'));
    await expect(given).rejects.toMatchObject({ code: 'agent.prompt_unconfirmed', kind: 'ambiguous' });
  });

  it('is rejected when the process dies before it has taken it, and no turn is made up', async () => {
    const { session } = await open({ FAKE_DEAF: '1' });
    const given = session.prompt(prompt('say hello'), soon());
    given.catch(() => undefined);
    await new Promise((resolve) => setImmediate(resolve));
    process.kill(session.process?.pid ?? 0, 'SIGKILL');
    await expect(given).rejects.toMatchObject({ code: 'agent.prompt_unconfirmed', kind: 'ambiguous' });
    const { seen } = await until(session, 'exit');
    expect(seen.map(({ kind }) => kind)).not.toContain('turn_end');
  });

  it('that names a picture which is gone is refused before anything is sent', async () => {
    const { session, folder } = await open();
    const images = [{ path: join(folder, 'gone.png'), mime: 'image/png' }];
    await expect(session.prompt({ ...prompt('look'), images }, soon())).rejects.toThrow('ENOENT');
  });

  it('[feature: large input and output] may be three megabytes long', async () => {
    const { session } = await open();
    const words = 'y'.repeat(3_000_000);
    await session.prompt(prompt(`say ${words}`), soon());
    expect((await until(session, 'turn_end')).last.text).toHaveLength(3_000_000);
  });

  it('names pictures by path that the model does not take', async () => {
    const { session, folder } = await open();
    const path = join(folder, 'drawing.svg');
    await writeFile(path, '<svg/>');
    await session.prompt({ ...prompt('echo'), images: [{ path, mime: 'image/svg+xml' }] }, soon());
    expect((await until(session, 'turn_end')).last.text).toBe(`[image: ${path}]`);
  });
});

describe('steering', () => {
  it.each(['0', '1'])('goes into the running turn or becomes the next one (FAKE_OLD=%s)', async (old) => {
    const { session } = await open({ FAKE_OLD: old });
    const first = prompt('ask');
    const given = session.prompt(first, soon());
    const { wireId } = (await until(session, 'approval')).last;
    await given;
    const second = prompt('say more');
    expect(await session.steer?.(second, soon())).toBe('taken');
    await session.answer(wireId, { kind: 'option', optionId: 'allow' });
    const ends: (readonly PromptId[])[] = [];
    for await (const { body } of session.events(1)) {
      if (body.kind === 'turn_end') ends.push(body.prompts);
      if (ends.length === 2) break;
    }
    expect(ends).toEqual([[first.id], [second.id]]);
    expect(await session.steer?.(prompt('say late'), soon())).toBe('too_late');
  });
});

describe('settings', () => {
  it('change live where they can, and ask for a new process where they cannot', async () => {
    const { session } = await open();
    expect(await session.set?.({ mode: 'edit' })).toBe(true);
    expect(await session.set?.({ model: 'opus' })).toBe(true);
    expect(await session.set?.({ model: null })).toBe(true);
    expect(await session.set?.({ effort: 'high' })).toBe(false);
    expect(await session.set?.({ mode: 'bypassPermissions' })).toBe(false);
    expect(await session.set?.({ mode: 'nonsense' })).toBe(false);
    const { seen } = await until(session, 'settings');
    expect(seen[0]).toMatchObject({ kind: 'settings', models: [{ id: 'default', label: 'Default' }] });
  });
});

describe('the process', () => {
  it('that ignores an interrupt makes it fail, so that the caller closes', async () => {
    const { session } = await open({ FAKE_STUBBORN: '1' });
    await session.prompt(prompt('say wait\nhang'), soon());
    await expect(session.interrupt(soon())).rejects.toMatchObject({ code: 'agent.interrupt_ignored' });
    await session.close({ quick: true }, soon());
    expect((await until(session, 'turn_end')).last.outcome.status).toBe('error');
  });

  it('[feature: unknown requests of the CLI] gets an error for a request nobody knows', async () => {
    const { session } = await open();
    await session.prompt(prompt('demand'), soon());
    expect((await until(session, 'turn_end')).last.text).toContain(
      'Unsupported control request: hook_callback',
    );
  });
});
