import { mkdir, mkdtemp, realpath, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { definition } from '../../../src/agents/claudecode/index.ts';
import { projectSlug } from '../../../src/agents/claudecode/project-dir.ts';
import { transcriptStore } from '../../../src/agents/claudecode/store.ts';
import { asId, type NativeId, type PromptId } from '../../../src/core/ids.ts';
import { silentLog } from './silent-log.ts';

const ID = asId<NativeId>('5e551011-0000-4000-8000-000000000001');
const PROMPT = asId<PromptId>('aaaaaaaa-0000-4000-8000-000000000001');

let root: string;
let workDir: string;
let projects: string;
beforeEach(async () => {
  root = await realpath(await mkdtemp(join(tmpdir(), 'cc-store-')));
  workDir = join(root, 'my work.dir_1');
  projects = join(root, '.claude', 'projects', projectSlug(workDir));
  await mkdir(workDir);
  await mkdir(projects, { recursive: true });
});
afterEach(() => rm(root, { recursive: true, force: true }));

const store = () => transcriptStore({ HOME: root });
const write = (lines: readonly (object | string)[], id: string = ID) =>
  writeFile(
    join(projects, `${id}.jsonl`),
    lines.map((line) => `${typeof line === 'string' ? line : JSON.stringify(line)}\n`).join(''),
  );
const outcome = (prompt = PROMPT) => store().outcome?.(workDir, ID, prompt);

const at = { timestamp: '2026-11-21T06:00:00.000Z' };
const user = (content: unknown, more: object = {}) => ({
  type: 'user',
  message: { role: 'user', content },
  cwd: workDir,
  isSidechain: false,
  ...at,
  ...more,
});
const prompt = user('do it', { uuid: PROMPT, promptSource: 'sdk' });
const said = (text: string, stop: string | null = 'end_turn', more: object = {}) => ({
  type: 'assistant',
  message: { id: 'm1', role: 'assistant', stop_reason: stop, content: [{ type: 'text', text }] },
  isSidechain: false,
  ...at,
  ...more,
});
const call = {
  type: 'assistant',
  message: {
    id: 'm1',
    stop_reason: 'tool_use',
    content: [{ type: 'tool_use', id: 't', name: 'Bash', input: {} }],
  },
};
const result = user([{ type: 'tool_result', tool_use_id: 't', content: 'ok' }]);
const noise = { type: 'queue-operation', operation: 'enqueue', content: 'do it' };

describe('[feature: outcome of a prompt]', () => {
  it.each([
    ['answered', [prompt, said('hello')], { state: 'ended', ok: true, text: 'hello' }],
    ['not answered yet', [prompt], { state: 'open', text: '' }],
    ['in a tool', [prompt, said('first', 'tool_use'), call], { state: 'open', text: 'first' }],
    ['after a tool', [prompt, said('first', 'tool_use'), call, result], { state: 'open', text: 'first' }],
    [
      'answered after a tool',
      [prompt, said('first', 'tool_use'), call, result, said('then')],
      { state: 'ended', ok: true, text: 'first\n\nthen' },
    ],
    [
      'cut in the middle of a line',
      [prompt, said('first', 'tool_use'), '{"type":"assis'],
      { state: 'open', text: 'first' },
    ],
    [
      'interrupted',
      [prompt, said('half', null), user([{ type: 'text', text: '[Request interrupted by user]' }])],
      { state: 'ended', ok: false, text: 'half' },
    ],
    [
      'failed',
      [prompt, said('API Error: 500', 'stop_sequence', { isApiErrorMessage: true })],
      { state: 'ended', ok: false, text: 'API Error: 500' },
    ],
    [
      'answered, then another prompt',
      [prompt, said('mine'), user('next', { uuid: 'other' }), said('theirs')],
      { state: 'ended', ok: true, text: 'mine' },
    ],
    [
      'failed, then a command',
      [
        prompt,
        said('API Error: 500', 'stop_sequence', { isApiErrorMessage: true }),
        user('<local-command-caveat>x', { isMeta: true }),
        user('<command-name>/context</command-name>', { uuid: 'other' }),
        {
          type: 'system',
          subtype: 'local_command',
          content: '<local-command-stdout>usage</local-command-stdout>',
        },
      ],
      { state: 'ended', ok: false, text: 'API Error: 500' },
    ],
    [
      'a command',
      [
        user('<command-name>/context</command-name>', { uuid: PROMPT }),
        {
          type: 'system',
          subtype: 'local_command',
          content: '<local-command-stdout>usage</local-command-stdout>',
        },
      ],
      { state: 'ended', ok: true, text: 'usage' },
    ],
    [
      'still running behind an automatic compaction',
      [
        prompt,
        call,
        result,
        { type: 'system', subtype: 'compact_boundary', compactMetadata: { trigger: 'auto' } },
        user('summary', { isCompactSummary: true }),
      ],
      { state: 'open', text: '' },
    ],
    [
      'left behind by another prompt',
      [prompt, said('half', 'tool_use'), call, user('next', { uuid: 'other' }), said('theirs')],
      { state: 'ended', ok: false, text: 'half' },
    ],
    [
      'folded into a running turn',
      [
        user('first', { uuid: 'other' }),
        call,
        result,
        { type: 'attachment', attachment: { type: 'queued_command', source_uuid: PROMPT, prompt: 'do it' } },
        said('both'),
      ],
      { state: 'ended', ok: true, text: 'both' },
    ],
    [
      'beside a sub-agent',
      [prompt, call, said('not mine', 'end_turn', { isSidechain: true })],
      { state: 'open', text: '' },
    ],
    ['only queued', [noise], { state: 'absent' }],
    ['never arrived', [user('other', { uuid: 'x' }), said('hi')], { state: 'absent' }],
  ])('of a prompt that was %s', async (_name, lines, expected) => {
    await write([noise, ...lines]);
    expect(await outcome()).toEqual(expected);
  });

  it('is absent without a conversation', async () => {
    expect(await outcome()).toEqual({ state: 'absent' });
    expect(await store().outcome?.(workDir, undefined, PROMPT)).toEqual({ state: 'absent' });
  });

  it('is found without the id of the conversation, and names it', async () => {
    await write([noise, prompt, said('done')]);
    const found = await store().outcome?.(workDir, undefined, PROMPT);
    expect(found).toMatchObject({ state: 'ended', text: 'done', nativeId: expect.any(String) });
  });

  it('is found across block borders behind large lines', async () => {
    const big = user([{ type: 'tool_result', tool_use_id: 't', content: 'é'.repeat(400_000) }]);
    await write([prompt, call, big, said('first', 'tool_use'), big, said('end')]);
    expect(await outcome()).toEqual({ state: 'ended', ok: true, text: 'first\n\nend' });
  });
});

describe('[feature: native sessions]', () => {
  it('lists by time with the first words of a person as title', async () => {
    await write([noise, user('<command-name>x</command-name>'), user('Fix  the\nbug'), said('ok')], 'old');
    await write([user('hidden', { isMeta: true }), user([{ type: 'text', text: 'A newer one' }])], 'new');
    await write([{ type: 'last-prompt', lastPrompt: 'only the tail knows' }], 'tail');
    await write([noise], 'empty');
    const day = (ago: number) => new Date(Date.now() - ago * 86_400_000);
    await utimes(join(projects, 'old.jsonl'), day(2), day(2));
    await utimes(join(projects, 'tail.jsonl'), day(1), day(1));
    const listed = await store().list(workDir, 10);
    expect(listed.map(({ id, title }) => [id, title])).toEqual([
      ['new', 'A newer one'],
      ['tail', 'only the tail knows'],
      ['old', 'Fix the bug'],
    ]);
    expect(await store().list(workDir, 1)).toHaveLength(1);
  });

  it('leaves out conversations of another directory that shares the folder', async () => {
    await write([user('theirs', { cwd: join(root, 'my-work-dir-1') })]);
    expect(await store().list(workDir, 10)).toEqual([]);
    expect(await store().has(workDir, ID)).toBe(false);
    expect(await outcome()).toEqual({ state: 'absent' });
  });

  it('finds them through a link to the directory', async () => {
    await write([user('mine'), said('ok')]);
    await symlink(workDir, join(root, 'link'));
    expect(await store().has(join(root, 'link'), ID)).toBe(true);
    expect(await store().list(join(root, 'link'), 5)).toHaveLength(1);
  });

  it('reads the last things that were said', async () => {
    await write([
      user('one'),
      said('answer', 'tool_use'),
      call,
      result,
      said('goes on'),
      user('<system-reminder>x</system-reminder>'),
      user('two'),
      said('side', 'end_turn', { isSidechain: true }),
      said('last', 'end_turn', { message: { id: 'm2', content: [{ type: 'text', text: 'last' }] } }),
    ]);
    const history = await store().history(workDir, ID, 10);
    expect(history.map(({ role, text }) => `${role}: ${text}`)).toEqual([
      'user: one',
      'assistant: answer\n\ngoes on',
      'user: two',
      'assistant: last',
    ]);
    expect(history[0]?.at).toBe(Date.parse(at.timestamp));
    expect(await store().history(workDir, ID, 1)).toHaveLength(1);
    expect(await store().history(workDir, asId<NativeId>('none'), 5)).toEqual([]);
  });

  it('removes one, and refuses ids that are paths', async () => {
    await write([user('mine')]);
    expect(await store().remove?.(workDir, asId<NativeId>('../../x'))).toBe(false);
    expect(await store().remove?.(workDir, ID)).toBe(true);
    expect(await store().has(workDir, ID)).toBe(false);
    expect(await store().remove?.(workDir, ID)).toBe(false);
  });

  it('looks where CLAUDE_CONFIG_DIR points', async () => {
    await write([user('mine')]);
    const moved = transcriptStore({ HOME: '/nowhere', CLAUDE_CONFIG_DIR: join(root, '.claude') });
    expect(await moved.has(workDir, ID)).toBe(true);
  });

  it('looks there also when a provider sets it', async () => {
    await write([user('mine')]);
    const env = { CLAUDE_CONFIG_DIR: join(root, '.claude') };
    const agent = definition.create(
      { work_dir: workDir, env: { HOME: '/nowhere' } },
      { log: silentLog, cacheDir: root, baseDir: root, provider: { name: 'own', models: [], env } },
    );
    expect(await agent.store?.has(workDir, ID)).toBe(true);
  });
});
