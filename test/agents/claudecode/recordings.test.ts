import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { contentText, type Line, object, objects, text } from '../../../src/agents/claudecode/wire.ts';
import type { AgentEventBody } from '../../../src/core/agent-event.ts';
import { brief, type Replayed, replay } from './replay.ts';

const FOLDER = new URL('./recordings/', import.meta.url);
const recordings = readdirSync(FOLDER).flatMap((version) =>
  readdirSync(new URL(version, FOLDER)).map((file) => `${version}/${file}`),
);

/** The words of the agent itself in whole blocks, as the CLI states them beside the deltas. */
function wholeTexts(output: readonly Line[]): string {
  return output
    .filter((line) => line.type === 'assistant' && !line.parent_tool_use_id && !line.is_api_error_message)
    .filter((line) => line.error === undefined)
    .flatMap((line) => objects(object(line, 'message') ?? {}, 'content'))
    .map((block) => (block.type === 'text' ? contentText([block]) : ''))
    .filter((said) => said !== '(no content)')
    .join('');
}

/** The words of the agent itself as a reader of the events gets them. */
function toldTexts({ said }: Replayed): string {
  let whole = '';
  let open = '';
  for (const { body, parent } of said) {
    if (parent !== undefined) continue;
    if (body.kind === 'text' && body.mode === 'delta') open += body.text;
    else if (body.kind === 'text') whole += body.text;
    else if (body.kind === 'text_end') {
      whole += body.void ? '' : open;
      open = '';
    }
  }
  return whole + open;
}

describe.each(recordings)('recording %s', (path) => {
  it('gives turns that begin and end in pairs, and an exit at the very end', async () => {
    const { said } = await replay(path);
    let open = false;
    for (const { body } of said) {
      if (body.kind === 'turn_start') {
        expect(open).toBe(false);
        open = true;
      }
      if (body.kind === 'turn_end') {
        expect(open).toBe(true);
        open = false;
      }
    }
    expect(open).toBe(false);
    expect(said.at(-1)?.body.kind).toBe('exit');
  });

  it('ends every accepted prompt exactly once', async () => {
    const { said, accepted } = await replay(path);
    const ended = said.flatMap(({ body }) => (body.kind === 'turn_end' ? body.prompts : []));
    expect([...ended].sort()).toEqual([...accepted.keys()].sort());
  });

  it('says every word once', async () => {
    const replayed = await replay(path);
    // What a killed process had streamed was never stated as a whole.
    if (path.includes('kill')) return;
    expect(toldTexts(replayed)).toBe(wholeTexts(replayed.output));
  });

  it('closes every tool and approval it opened', async () => {
    const { said } = await replay(path);
    const of = <K extends AgentEventBody['kind']>(kind: K) =>
      said.flatMap(({ body }) => (body.kind === kind ? [body as Extract<AgentEventBody, { kind: K }>] : []));
    const started = of('tool_started').map(({ call }) => call.id);
    const ended = of('tool_ended').map(({ id }) => id);
    expect(started).toEqual(expect.arrayContaining(ended));
    const asked = of('approval').map(({ wireId }) => wireId);
    expect(new Set(asked).size).toBe(asked.length);
    expect(asked).toEqual(expect.arrayContaining(of('approval_withdrawn').map(({ wireId }) => wireId)));
  });

  it('takes the id of the conversation from the last turn', async () => {
    const { said, output } = await replay(path);
    const ids = said.flatMap(({ body }) => (body.kind === 'session' ? [body.nativeId] : []));
    const last = output.findLast((line) => line.subtype === 'init');
    if (last !== undefined) expect(ids.at(-1)).toBe(text(last, 'session_id'));
    expect(new Set(ids).size).toBe(ids.length);
  });
});

const one = (...middle: string[]) => ['turn_start prompt #1', ...middle, 'turn_end ok #1'];
const touch = 'tool Bash: touch made';

/** What must come out, the same for both versions. */
const EXPECTED: Readonly<Record<string, string[]>> = {
  simple: one('text: a somewhat longer answer in a few pieces', 'text_end'),
  thinking: one('thinking: let me see', 'text: the answer', 'text_end'),
  'tool-allow': one(
    'text: before',
    'text_end',
    touch,
    'approval permission Bash',
    'tool ok 0',
    'text: after',
    'text_end',
  ),
  'tool-deny': one(touch, 'approval permission Bash', 'tool failed', 'text: then not', 'text_end'),
  'tool-fail': one('tool Bash: ls missing-file', 'tool failed 2', 'text: failed', 'text_end'),
  question: one('approval question AskUserQuestion', 'text: thanks', 'text_end'),
  plan: one('approval plan ExitPlanMode', 'text: going', 'text_end'),
  'error-401': ['turn_start prompt #1', 'notice retrying', 'turn_end error #1'],
  'error-429': ['turn_start prompt #1', 'notice retrying', 'turn_end error #1'],
  'error-500': ['turn_start prompt #1', 'notice retrying', 'turn_end error #1'],
  kill: ['turn_start prompt #1', 'text: aaaa bbbb ', 'text_end', 'turn_end error #1'],
  'resume-unknown': [],
  'interrupt-asking': [
    'turn_start prompt #1',
    touch,
    'approval permission Bash',
    'approval_withdrawn',
    'tool failed',
    'turn_end interrupted #1',
  ],
  interrupt: [
    'turn_start prompt #1',
    'text: aaaa bbbb ',
    'text_end',
    'turn_end interrupted #1',
    'turn_start prompt #2',
    'text: back',
    'text_end',
    'turn_end ok #2',
  ],
  'queue-two': [
    ...one('text: answer one', 'text_end'),
    'turn_start prompt #2',
    'text: answer two',
    'text_end',
    'turn_end ok #2',
  ],
  steer: [
    'turn_start prompt #1',
    'tool Bash: touch made && sleep 1',
    'approval permission Bash',
    'tool ok 0',
    'folded #2',
    'text: steered',
    'text_end',
    'turn_end ok #1 #2',
  ],
  'write-edit': one(
    'tool Write: /workdir/n.txt\n+ one\n+ two',
    'approval permission Write',
    'tool ok',
    'tool Edit: /workdir/n.txt\n- two\n+ three',
    'approval permission Edit',
    'tool ok',
    'text: edited',
    'text_end',
  ),
};

describe.each(['2.1.329', '2.1.197'])('what %s says becomes events:', (version) => {
  it.each(Object.entries(EXPECTED))('%s', async (name, expected) => {
    const lines = brief(await replay(`${version}/${name}.jsonl`));
    // Interrupted answers are cut at a moment that differs.
    const stable = (line: string) => line.replace(/^text: aaaa.*$/, 'text: aaaa bbbb ');
    expect(lines.map(stable)).toEqual(expected);
  });
});

it('marks text that was cut off by a lost connection as void', async () => {
  const lines = brief(await replay('2.1.329/drop.jsonl'));
  expect(lines.filter((line) => line === 'text_end void')).toHaveLength(2);
  expect(lines.at(-2)).toBe('text (block): this answer is cut in the middle of its text and comes again');
});

it('announces the turn that a background task starts, and who runs until then', async () => {
  const lines = brief(await replay('2.1.329/background-bash.jsonl'));
  expect(lines).toContain('background sleep 1 && echo bg');
  expect(lines.slice(-5)).toEqual([
    'background',
    'turn_start background',
    'text: started',
    'text_end',
    'turn_end ok',
  ]);
});

it('[feature: task list] shows what TaskCreate and TaskUpdate change as a plan, and a refused one as a failed tool', async () => {
  const worked = await replay('plain-2.1.197/todo.jsonl');
  const plans = worked.said.flatMap(({ body }) => (body.kind === 'plan' ? [body.steps] : []));
  expect(plans.slice(-2)).toEqual([[{ text: 'A', state: 'pending' }], [{ text: 'A', state: 'done' }]]);
  expect(brief(worked).filter((line) => line.startsWith('tool'))).toEqual([]);
  const refused = await replay('plain-2.1.329/todo.jsonl');
  expect(brief(refused).filter((line) => line.startsWith('tool'))).toEqual([
    'tool TaskCreate: do A',
    'tool failed',
    expect.stringContaining('tool TaskUpdate'),
    'tool failed',
  ]);
});

it('keeps the words of a sub-agent apart', async () => {
  const replayed = await replay('2.1.329/subagent.jsonl');
  expect(brief(replayed)).toContain('  sub: text (block): found it');
  expect(toldTexts(replayed)).not.toContain('found it');
});

it('follows the id that /clear changes', async () => {
  for (const version of ['2.1.329', '2.1.197']) {
    const { said } = await replay(`${version}/compact-clear.jsonl`);
    const sessions = said.flatMap(({ body }) => (body.kind === 'session' ? [body.reset ?? false] : []));
    expect(sessions).toEqual([false, true]);
  }
});

it('counts cost per turn although the CLI adds it up', async () => {
  const { said } = await replay('2.1.329/two-turns.jsonl');
  const costs = said.flatMap(({ body }) => (body.kind === 'turn_end' ? [body.usage?.costUsd ?? 0] : []));
  expect(costs).toHaveLength(2);
  expect(Math.abs((costs[0] ?? 0) - (costs[1] ?? 1))).toBeLessThan(0.0003);
});

it('tells of changes of mode and model', async () => {
  const { said } = await replay('2.1.329/controls.jsonl');
  const settings = said.flatMap(({ body }) => (body.kind === 'settings' ? [body] : []));
  expect(settings.map(({ mode }) => mode)).toContain('acceptEdits');
  expect(settings.map(({ model }) => model)).toContain('claude-other-1');
});
