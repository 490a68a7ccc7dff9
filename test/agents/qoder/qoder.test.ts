import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { definition, turnArguments } from '../../../src/agents/qoder/index.ts';
import { MODES } from '../../../src/agents/qoder/modes.ts';
import { QoderReader } from '../../../src/agents/qoder/reader.ts';
import { asId, type NativeId, type PromptId } from '../../../src/core/ids.ts';
import { isRecord } from '../../../src/kit/acp/wire.ts';
import { modeOf } from '../../../src/kit/modes.ts';
import { agentConformance } from '../../conformance/agent.ts';
import { Talk } from '../../real/talk.ts';
import type { RecordedLine } from '../../record/trim.ts';
import { brief } from '../brief.ts';
import { disorder, expectWhole, type Replayed, random, strangeValues } from '../fuzzing.ts';
import { scriptedAgent } from '../scripted-agent.ts';

const FAKE = fileURLToPath(new URL('./fake-qoder.mjs', import.meta.url));
const fake = (env: Readonly<Record<string, string>> = {}, options: object = {}) =>
  scriptedAgent(definition, FAKE, env, options);

agentConformance({
  name: 'qoder',
  make: ({ slow }) => fake(slow ? { FAKE_START_MS: '60000' } : {}),
  prompts: {
    hello: 'say hello',
    ask: undefined,
    hang: 'say wait\nhang',
    garbage: 'garbage\nsay hello',
    huge: 'huge 3000000',
    die: 'say last words\ndie',
    child: 'child\nhang',
    digest: 'digest',
    hold: 'say held\nhold',
    complain: 'complain',
    vanish: 'say bye\nvanish',
  },
});

const recording = (name: string): RecordedLine[] =>
  readFileSync(new URL(`./recordings/${name}.jsonl`, import.meta.url), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as RecordedLine);

function replay(lines: readonly RecordedLine[]): Replayed {
  const reader = new QoderReader(undefined);
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

describe('recordings', () => {
  it.each(['no-login', 'stream-json-input'])('[feature: check] says once how to log in: %s', (name) => {
    const { said } = replay(recording(name));
    expect(brief(said)).toEqual(['turn_start prompt prompt 1', 'turn_end error (auth) prompt 1']);
    const end = said.find(({ kind }) => kind === 'turn_end');
    expect(end).toMatchObject({ outcome: { message: expect.stringContaining('/login') } });
  });

  it('[feature: bad input] end an accepted prompt once whatever comes', () => {
    const next = random(5);
    for (const name of ['no-login', 'stream-json-input']) {
      for (let round = 0; round < 100; round++) {
        expectWhole(replay(strangeValues(recording(name), next)));
        expectWhole(replay(disorder(recording(name), next)));
      }
    }
  });
});

describe('a session of the print mode', () => {
  const cleanups: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    for (const clean of cleanups.splice(0).reverse()) await clean();
  });
  const open = async (options: object = {}, change: object = {}) => {
    const made = await fake({}, options);
    cleanups.push(() => made.dispose());
    const talk = new Talk(await made.agent.open({ ...made.spec, ...change }, AbortSignal.timeout(20_000)));
    cleanups.push(() => talk.close());
    return { talk, made };
  };

  it('[feature: text, usage] shows text, thoughts, tools and tokens', async () => {
    const { talk } = await open();
    const end = await talk.turn('think hm\nsay I will.\ntool\nsay done');
    expect(end).toMatchObject({
      outcome: { status: 'ok' },
      usage: { inputTokens: 10, outputTokens: 5, cacheReadTokens: 2, costUsd: 0.25 },
    });
    expect(talk.all('thinking')).toMatchObject([{ text: 'hm' }]);
    expect(talk.all('tool_started')).toMatchObject([
      { call: { name: 'Bash', summary: 'make it', form: 'shell' } },
    ]);
    expect(talk.all('tool_ended')).toMatchObject([{ ok: true, output: 'made' }]);
  });

  it('[feature: resume, mode change, models] goes on with its conversation, with the settings that hold then', async () => {
    const { talk } = await open({ model: 'a' });
    await talk.turn('args');
    expect(await talk.session.set?.({ mode: 'yolo', model: 'b' })).toBe(true);
    await talk.turn('args');
    expect(talk.text.replaceAll(/["[\],]+/g, ' ')).toContain(
      '--resume dbd05f0f-1ff6-43cc-813a-91529ea21ee9 --dangerously-skip-permissions --model b',
    );
    expect(talk.all('session')).toHaveLength(1);
  });

  it('[feature: images] puts images into the prompt, which never is an argument', async () => {
    const { talk, made } = await open();
    const path = join(made.spec.workDir, 'p.png');
    await writeFile(path, 'png');
    await talk.turn('images', [{ path, mime: 'image/png' }]);
    expect(talk.text).toBe('images: 1');
    const args = turnArguments(
      { mode: modeOf('Qoder', MODES, 'default'), model: undefined },
      undefined,
      undefined,
    );
    expect(args).toEqual(['-p', '--input-format', 'stream-json', '--output-format', 'stream-json']);
    const old = turnArguments(
      { mode: modeOf('Qoder', MODES, 'yolo'), model: 'm' },
      asId<NativeId>('s'),
      new Set(['-r', '--yolo']),
    );
    expect(old.slice(5)).toEqual(['-r', 's', '--yolo', '--model', 'm']);
  });

  it.each([
    ['Not logged in · Please run /login', 'auth'],
    ['rate limit reached', 'rate_limit'],
    ['API error 503', 'server'],
    ['strange', 'other'],
  ])('[feature: model errors] tells "%s" as %s', async (said, code) => {
    const { talk } = await open();
    expect((await talk.turn(`fail ${said}`)).outcome).toMatchObject({ status: 'error', code });
  });

  it('names the key of a wrong value, and offers ACP', async () => {
    await expect(open({ backend: 'x' })).rejects.toMatchObject({ code: 'options_invalid' });
    const { agent, dispose } = await fake({}, { backend: 'acp' });
    cleanups.push(dispose);
    expect(agent.label).toBe('Qoder CLI');
  });

  it('[feature: check] tells the version', async () => {
    const { agent, dispose } = await fake();
    cleanups.push(dispose);
    expect((await agent.check(AbortSignal.timeout(20_000)))[0]).toEqual({
      level: 'ok',
      what: 'Qoder CLI 1.1.52',
    });
  });
});
