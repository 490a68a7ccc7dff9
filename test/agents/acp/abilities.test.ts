import { readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { asId, type NativeId } from '../../../src/core/ids.ts';
import { kin } from '../../../src/kit/process/kin.ts';
import { startTime } from '../../../src/kit/process/process-table.ts';
import type { BundledProgram } from '../../sim/agent/bundle-program.ts';
import { prompt, Scripted, signal } from './scripted.ts';

let program: BundledProgram;
let at: Scripted;

beforeAll(async () => {
  program = await Scripted.bundle();
});
afterAll(() => program.remove());
beforeEach(async () => {
  at = await Scripted.make(program);
  await writeFile(join(at.workDir, 'in.txt'), 'inside');
  await symlink(at.root, join(at.workDir, 'link'));
});
afterEach(() => at.remove());

describe('client terminals', () => {
  const terminals = { client_terminal: true };

  test('[feature: client terminals] a command runs in the work dir, and its output ends its tool call', async () => {
    const reader = await at.answerTo('terminal: pwd; echo wrong >&2; exit 3', at.create({}, terminals));
    const output = `${at.workDir}\nwrong\n`;
    expect(reader.text).toContain(
      JSON.stringify({
        exit: { exitCode: 3, signal: null },
        said: { output, truncated: false, exitStatus: { exitCode: 3, signal: null } },
      }),
    );
    expect(reader.of('tool_ended')).toMatchObject([{ ok: true, output }]);
  });

  test('[feature: client terminals] none starts outside of the work dir', async () => {
    for (const folder of [at.root, join(at.workDir, 'link'), '/']) {
      const reader = await at.answerTo(`terminal-at: ${folder}`, at.create({}, terminals));
      expect(reader.text).toContain('refused');
    }
  });

  test('[feature: client terminals, client files] what is not offered is not done', async () => {
    const reader = await at.answerTo(`terminal: touch made ;; read: ${join(at.workDir, 'in.txt')}`);
    expect(reader.text).toContain('refused');
    expect(reader.text).not.toContain('inside');
    await expect(readFile(join(at.workDir, 'made'))).rejects.toThrow('ENOENT');
  });

  test('[feature: client terminals] a command that was forgotten ends with the session', async () => {
    const marker = `acp-left-${Math.random()}`;
    const { session, reader } = await at.open(at.create({}, terminals), { marker });
    await session.prompt(prompt('terminal-left: echo $$ > pid; exec sleep 300'), signal);
    await reader.next('turn_end');
    const file = join(at.workDir, 'pid');
    let pid = 0;
    for (let tries = 0; pid === 0 && tries < 100; tries++) {
      pid = Number(await readFile(file, 'utf8').catch(() => '0'));
      await sleep(50);
    }
    expect(await startTime(pid)).toBeDefined();
    // After a crash of the daemon it is found as any other process of the session.
    const record = { pid: 0x7fffffff, startTime: undefined, marker };
    expect((await kin(record)).map((info) => info.pid)).toContain(pid);
    await session.close({ quick: false }, signal);
    expect(await startTime(pid)).toBeUndefined();
    expect(await kin(record)).toEqual([]);
  });
});

describe('logging in', () => {
  test('[feature: authenticate] a login that only reads a variable is done unasked when that is set', async () => {
    const env = { FAKE_AUTH: '1', FAKE_KEY_LOGIN: '1' };
    const { reader } = await at.open(at.create({ ...env, FAKE_API_KEY: 'k' }));
    expect(await reader.next('session')).toBeDefined();
    await expect(at.open(at.create(env))).rejects.toMatchObject({
      code: 'agent.auth',
      advice: expect.stringContaining('set FAKE_API_KEY'),
    });
  });

  test('[feature: authenticate, presets] a preset says which command logs in', async () => {
    const agent = at.create({ FAKE_AUTH: '1' }, { preset: 'kimi' });
    await expect(at.open(agent)).rejects.toMatchObject({
      advice: expect.stringContaining('Run `kimi login` in a terminal'),
    });
    // Asked of those only that keep no trace of it.
    expect(await agent.check(signal)).toMatchObject([{ level: 'warning' }]);
    const checked = await at.create({ FAKE_AUTH: '1' }, { preset: 'codex-acp' }).check(signal);
    expect(checked[1]).toMatchObject({ level: 'error', fix: expect.stringContaining('codex login') });
  });
});

describe('the past', () => {
  test('[feature: native sessions] is listed, shown where loading is harmless, and deleted', async () => {
    const agent = at.create({ FAKE_LIST: '1' }, { preset: 'claude-agent-acp' });
    const { session, reader } = await at.open(agent);
    const { nativeId } = await reader.next('session');
    await session.close({ quick: true }, signal);
    const updatedAt = Date.parse('2026-01-02T03:04:05Z');
    const { store } = agent;
    expect(await store?.list(at.workDir, 5)).toEqual([{ id: nativeId, title: 'a conversation', updatedAt }]);
    expect(await store?.history(at.workDir, nativeId, 5)).toEqual([
      { role: 'assistant', text: 'something of the pastmore of the past', at: 0 },
    ]);
    expect(await store?.remove?.(at.workDir, nativeId)).toBe(true);
    expect(await store?.list(at.workDir, 5)).toEqual([]);
    expect(await at.create({ FAKE_LIST: '1' }).store?.history(at.workDir, nativeId, 5)).toEqual([]);
    await expect(at.open(agent, { resume: asId<NativeId>('none') })).rejects.toMatchObject({
      code: 'resume_failed',
    });
  });
});

describe('what some agents do otherwise', () => {
  test('[feature: questions] a form becomes questions, and own words go where the agent wants them', async () => {
    for (const [said, told] of [
      [['Red'], '"colour":"r","sizes":["s","l"]'],
      [['violet'], '"colour_custom":"violet","sizes":["s","l"]'],
    ] as const) {
      const { session, reader } = await at.open(at.create());
      await session.prompt(prompt('form'), signal);
      const { wireId, request } = await reader.next('approval');
      expect(request).toMatchObject({
        kind: 'question',
        questions: [
          {
            id: 'colour',
            multiple: false,
            options: [{ label: 'Red' }, { label: 'blue', description: 'cold' }],
          },
          { id: 'sizes', multiple: true, options: [{ label: 'Small' }, { label: 'Large' }] },
        ],
      });
      const answers = { colour: said, sizes: ['Small', 'Large'] };
      expect(await session.answer(wireId, { kind: 'answers', answers })).toBe('taken');
      await reader.next('turn_end');
      expect(reader.text).toContain(`"action":"accept","content":{${told}}`);
    }
  });

  test('[feature: model errors] a failure told as the only words of a turn is one', async () => {
    const text = 'failure: Error: Authentication failed (401)';
    const outcome = { status: 'error', code: 'auth' };
    const reader = await at.answerTo(text, at.create({}, { preset: 'copilot' }));
    expect(reader.of('turn_end')).toMatchObject([{ outcome }]);
    const others = await at.answerTo(text, at.create({}, { preset: 'kimi' }));
    expect(others.of('turn_end')).toMatchObject([{ outcome: { status: 'ok' } }]);
  });

  test('[feature: clean end] one that ignores the end of its input is ended at once', async () => {
    const { session, reader } = await at.open(at.create({ FAKE_STAYS: '1' }, { preset: 'codex-acp' }));
    const start = performance.now();
    await session.close({ quick: false }, signal);
    expect(await reader.next('exit')).toMatchObject({ signal: 'SIGTERM' });
    expect(performance.now() - start).toBeLessThan(2_500);
  });

  test('[feature: text] an image in the answer is told as one', async () => {
    expect((await at.answerTo('picture')).text).toContain('[image/png]');
  });

  test('[feature: settings] further session options are set by their ids, and a refusal is told', async () => {
    const settings = { model: 'Large', unheard: 'of' };
    const { reader } = await at.open(at.create({}, { settings }));
    expect(await reader.next('notice')).toMatchObject({
      notice: { text: 'The agent did not take the setting unheard = "of".' },
    });
    expect(reader.of('settings').at(-1)).toMatchObject({ model: 'large' });
  });
});
