import { readdirSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { printArguments } from '../../../src/agents/kimi/argv.ts';
import { withModelNames } from '../../../src/agents/kimi/model-names.ts';
import { asPlan, PlanModeWatch } from '../../../src/agents/kimi/plan-mode.ts';
import { PrintReader } from '../../../src/agents/kimi/print-reader.ts';
import { KimiStore } from '../../../src/agents/kimi/store.ts';
import { errorCode, lastFailure, promptOutcome, readHistory } from '../../../src/agents/kimi/wire-lines.ts';
import type { AgentEventBody } from '../../../src/core/agent-event.ts';
import { asId, type PromptId } from '../../../src/core/ids.ts';
import { kimi } from '../../../src/kit/acp/presets/kimi.ts';
import { isRecord } from '../../../src/kit/acp/wire.ts';
import { flagsOf } from '../../../src/kit/cli-flags.ts';
import { type JournalEntry, PromptJournal } from '../../../src/kit/prompt-journal.ts';
import type { RecordedLine } from '../../record/trim.ts';
import { brief } from '../brief.ts';
import { disorder, expectWhole, mutate, type Replayed, random, strangeValues } from '../fuzzing.ts';

const RECORDINGS = new URL('./recordings/', import.meta.url);
const recording = (name: string): RecordedLine[] =>
  readFileSync(new URL(name, RECORDINGS), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as RecordedLine);

function replay(lines: readonly RecordedLine[]): Replayed {
  const reader = new PrintReader(undefined);
  const prompt = asId<PromptId>('prompt 1');
  const said = reader.sent(prompt);
  for (const entry of lines) {
    if (entry.dir !== 'out') continue;
    try {
      const line: unknown = JSON.parse(entry.line);
      if (isRecord(line)) said.push(...reader.read(line));
    } catch {
      // The session leaves out what is no JSON.
    }
  }
  const accepted = said.some(({ kind }) => kind === 'turn_start') ? [prompt] : [];
  const end = reader.ended({ status: 'error', message: 'ended', code: 'crash' });
  return { said: [...said, ...end, { kind: 'exit', code: 0, signal: null }], accepted };
}

describe('[feature: print mode] recordings of the print mode', () => {
  it('reads whole messages and tools, and ends with the hint on how to resume', () => {
    expect(brief(replay(recording('tool.jsonl')).said)).toEqual([
      'turn_start prompt prompt 1',
      'text (block): I will.',
      'tool Bash: touch x && echo hi',
      'tool ok',
      'text (block): done',
      'turn_end ok prompt 1',
    ]);
  });

  it('reads parts, as older versions write them', () => {
    const reader = new PrintReader(undefined);
    reader.sent(asId('p'));
    const content = [
      { type: 'think', think: 'hm' },
      { type: 'text', text: 'yes' },
    ];
    expect(reader.read({ role: 'assistant', content }).map(({ kind }) => kind)).toEqual([
      'turn_start',
      'thinking',
      'text',
    ]);
  });

  it('[feature: model errors] leaves the end of a failed turn to its exit', () => {
    expect(brief(replay(recording('error-401.jsonl')).said)).toEqual([
      'turn_start prompt prompt 1',
      'turn_end error (crash) prompt 1',
    ]);
    expect(errorCode('provider.auth_error: 401 fake 401')).toBe('auth');
    expect(errorCode('429 slow')).toBe('rate_limit');
    expect(errorCode('500 no')).toBe('server');
    expect(errorCode('404 no')).toBe('model');
  });

  it('[feature: bad input] ends an accepted prompt once whatever comes', () => {
    const next = random(5);
    for (const name of readdirSync(RECORDINGS)) {
      const lines = recording(name);
      for (let round = 0; round < 50; round++) {
        expectWhole(replay(strangeValues(lines, next)));
        expectWhole(replay(disorder(lines, next)));
      }
    }
  });
});

describe('[feature: print mode] the flags of the print mode', () => {
  const turn = { prompt: '-rf', mode: 'plan', model: 'm', session: asId<never>('s'), workDir: '/w' };

  it('are those of the newer program', () => {
    const flags = flagsOf(
      '-S, --session [id]  -m, --model <m>  -p, --prompt <p>  --output-format <f>  --plan  -y, --yolo',
    );
    expect(printArguments(turn, flags)).toEqual([
      '--output-format',
      'stream-json',
      '--session',
      's',
      '--model',
      'm',
      '--plan',
      '--prompt=-rf',
    ]);
  });

  it('are those of the older program, which has --print', () => {
    const flags = flagsOf('--print  --output-format  --work-dir  --resume  --model  --prompt  --quiet');
    expect(printArguments({ ...turn, mode: 'quiet' }, flags)).toEqual([
      '--print',
      '--output-format',
      'stream-json',
      '--work-dir',
      '/w',
      '--resume',
      's',
      '--model',
      'm',
      '--quiet',
      '--prompt=-rf',
    ]);
  });
});

describe('[feature: provider] a provider', () => {
  it('is a model of its own by variables, which only count together', () => {
    const given = { apiKey: 'k', baseUrl: 'https://x/v1', model: 'm' };
    expect(kimi.model?.(given).env).toMatchObject({
      KIMI_MODEL_NAME: 'm',
      KIMI_MODEL_PROVIDER_TYPE: 'openai',
    });
    expect(kimi.model?.({ apiKey: 'k', model: 'm' }).env).toMatchObject({ KIMI_MODEL_PROVIDER_TYPE: 'kimi' });
    expect(kimi.model?.({ model: 'm' }).env).toEqual({ KIMI_API_KEY: undefined });
  });

  it('is shown by the name of its model, not by what the CLI calls a model of the environment', () => {
    const models = [{ id: '__kimi_env_model__', label: 'mine' }, { id: 'k2' }];
    expect(withModelNames({ kind: 'settings', model: '__kimi_env_model__', models })).toEqual({
      kind: 'settings',
      model: 'mine',
      models: [{ id: 'mine', label: 'mine' }, { id: 'k2' }],
    });
    const other = { kind: 'settings', mode: 'auto', model: 'k2' } as const;
    expect(withModelNames(other)).toEqual(other);
    const text = { kind: 'text', text: 'x', mode: 'delta' } as const;
    expect(withModelNames(text)).toBe(text);
  });
});

describe('[feature: plan] plan mode', () => {
  const ended = (output: string, ok = true): AgentEventBody => ({ kind: 'tool_ended', id: '1', ok, output });
  const started = (name: string): AgentEventBody => ({
    kind: 'tool_started',
    call: { id: '1', name, summary: name, form: 'plain' },
  });

  it('is told from what its tools say, and from no other', () => {
    const watch = new PlanModeWatch();
    const after = (name: string, body: AgentEventBody) => [watch.entered(started(name)), watch.entered(body)];
    expect(after('EnterPlanMode', ended('Plan mode is now active. Your workflow:'))).toEqual([
      undefined,
      'plan',
    ]);
    const done = ended('Exited plan mode. Selected approach: a\n\nPlan mode deactivated. All tools …');
    expect(after('ExitPlanMode', done)).toEqual([undefined, 'default']);
    const rejected = ended('Plan rejected by user. Plan mode deactivated.', false);
    expect(after('ExitPlanMode', rejected)).toEqual([undefined, 'default']);
    expect(after('ExitPlanMode', ended('Plan approval dismissed. Plan mode remains active.'))).toEqual([
      undefined,
      undefined,
    ]);
    expect(after('Bash', ended('Plan mode deactivated.'))).toEqual([undefined, undefined]);
  });

  it('shows the plan without what stands around it, and leaves other requests as they are', () => {
    const request = (tool: string, detail: string): AgentEventBody => ({
      kind: 'approval',
      wireId: 'w',
      request: { kind: 'permission', tool, summary: tool, detail, input: {}, options: [] },
    });
    const detail = 'Plan saved to: /p.md\n\n# Do it\n\n1. now\nRequesting approval to Presenting plan';
    expect(asPlan(request('ExitPlanMode', detail))).toEqual({
      kind: 'approval',
      wireId: 'w',
      request: { kind: 'plan', tool: 'ExitPlanMode', plan: '# Do it\n\n1. now', options: [] },
    });
    for (const other of [request('Shell', detail), request('ExitPlanMode', '')])
      expect(asPlan(other)).toBe(other);
  });
});

const NOW = Date.now();
const prompt = (text: string, time = NOW) => ({ type: 'turn.prompt', input: [{ type: 'text', text }], time });
const said = (text: string) => ({
  message: { message: { role: 'assistant', content: [{ type: 'text', text }] } },
});
const end = (reason: string, more: object = {}) => ({ type: 'turn.ended', reason, ...more });

describe('conversations on disk', () => {
  let home: string;
  let workDir: string;
  let journal: PromptJournal;
  beforeEach(async () => {
    home = await realpath(await mkdtemp(join(tmpdir(), 'cc-kimi-store-')));
    workDir = join(home, 'work');
    await mkdir(join(home, '.kimi-code'), { recursive: true });
    await mkdir(workDir);
    journal = new PromptJournal(join(home, 'prompts.jsonl'));
  });
  afterEach(() => rm(home, { recursive: true, force: true }));

  async function sessions(all: Readonly<Record<string, readonly object[]>>, cwd = workDir): Promise<void> {
    const index: string[] = [];
    for (const [id, lines] of Object.entries(all)) {
      const folder = join(home, '.kimi-code', 'sessions', id);
      await mkdir(join(folder, 'agents', 'main'), { recursive: true });
      const text = lines.map((line) => JSON.stringify(line)).join('\n');
      await writeFile(join(folder, 'agents', 'main', 'wire.jsonl'), `${text}\n`);
      index.push(JSON.stringify({ sessionId: id, sessionDir: folder, workDir: cwd }));
    }
    await writeFile(join(home, '.kimi-code', 'session_index.jsonl'), `${index.join('\n')}\n`);
  }

  it('[feature: native sessions] are listed by their first words, and shown', async () => {
    await sessions({ one: [prompt('first\nwords'), said('hello'), end('completed')], gone: [] });
    const store = new KimiStore({ HOME: home }, journal);
    expect(await store.list(workDir, 5)).toMatchObject([{ id: 'one', title: 'first words' }]);
    expect(await store.list(home, 5)).toEqual([]);
    expect((await store.history(workDir, asId('one'), 1)).map(({ text }) => text)).toEqual(['hello']);
    expect(await store.has(workDir, asId('two'))).toBe(false);
    expect(await new KimiStore({ KIMI_CODE_HOME: workDir }, journal).isEmpty()).toBe(true);
  });

  it('[feature: outcome of a prompt] tell what became of a prompt that the journal names', async () => {
    await sessions({ one: [prompt('x'), said('a'), said('b'), end('completed')] });
    await journal.note(asId('p'), 'one', 'x');
    await journal.note(asId('q'), 'one', 'never written');
    const store = new KimiStore({ HOME: home }, journal);
    const ended = { state: 'ended', ok: true, text: 'a\n\nb' };
    expect(await store.outcome(workDir, asId('one'), asId('p'))).toEqual(ended);
    expect(await store.outcome(workDir, undefined, asId('p'))).toEqual({ ...ended, nativeId: 'one' });
    for (const absent of ['q', 'r'])
      expect(await store.outcome(workDir, asId('one'), asId(absent))).toEqual({ state: 'absent' });
    const entry = (await journal.find(asId('p'))) as JournalEntry;
    expect(promptOutcome([prompt('x'), said('a')], entry)).toEqual({ state: 'open', text: 'a' });
    expect(promptOutcome([prompt('x'), end('cancelled')], entry)).toMatchObject({
      state: 'ended',
      ok: false,
    });
    expect(promptOutcome([prompt('x'), prompt('y')], entry)).toMatchObject({ state: 'ended', ok: false });
    expect(promptOutcome([prompt('x', NOW - 3_600_000)], entry)).toEqual({ state: 'absent' });
  });

  it('[feature: model errors] tell why a turn ended without a word, once it is written', async () => {
    const error = { message: '401 no', details: { statusCode: 401 } };
    await sessions({ one: [prompt('x'), end('failed', { error })] });
    const store = new KimiStore({ HOME: home }, journal);
    expect(await store.failure('one')).toEqual({ status: 'error', message: '401 no', code: 'auth' });
    expect(lastFailure([prompt('x'), end('failed'), prompt('y')])).toBe('pending');
    expect(lastFailure([prompt('x'), end('completed')])).toBeUndefined();
  });

  it('[feature: bad input] may hold strange values', async () => {
    await journal.note(asId('p'), 'one', 'x');
    const entry = (await journal.find(asId('p'))) as JournalEntry;
    const next = random(4);
    for (let round = 0; round < 1_000; round++) {
      const lines = [prompt('x'), said('a'), end('failed')]
        .map((line) => mutate(line, next))
        .filter(isRecord);
      expect(['ended', 'open', 'absent']).toContain(promptOutcome(lines, entry).state);
      readHistory(lines);
      lastFailure(lines);
    }
  });
});
