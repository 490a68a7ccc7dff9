import { describe, expect, it } from 'vitest';
import { RpcReader } from '../../../src/agents/pi/rpc-reader.ts';
import { asId } from '../../../src/core/ids.ts';
import { brief } from '../brief.ts';
import { recordings, replayJson, replayRpc } from './replay.ts';

const RPC = recordings('rpc');
const JSON_LINES = recordings('json');
const rpc = (name: string) => brief(replayRpc(RPC.get(name) ?? []).said);
const json = (name: string) => brief(replayJson(JSON_LINES.get(name) ?? []).said);

describe('recordings of --mode rpc', () => {
  it('[feature: streaming, one process across turns] reads text and thoughts once', () => {
    expect(rpc('simple')).toEqual([
      'turn_start prompt prompt 1',
      'text: Hello from the fake model.',
      'text_end',
      'turn_end ok prompt 1',
      'turn_start prompt prompt 2',
      'thinking: hmm',
      'text: second answer',
      'text_end',
      'turn_end ok prompt 2',
    ]);
  });

  it('reads commands, changes of files and failures', () => {
    expect(rpc('tool').filter((line) => line.startsWith('tool'))).toEqual([
      'tool bash: echo hi; touch made.txt',
      'tool ok',
      'tool write: n.txt\n+one',
      'tool ok',
      'tool read: n.txt',
      'tool ok',
      'tool edit: n.txt\n-one\n+two',
      'tool ok',
      'tool bash: exit 3',
      'tool failed 3',
    ]);
  });

  it('[feature: interrupt] ends the text and the tool, and goes on', () => {
    expect(rpc('abort')).toEqual([
      'turn_start prompt prompt 1',
      'text: aaa',
      'text_end',
      'turn_end interrupted prompt 1',
      'turn_start prompt prompt 2',
      'text: back',
      'text_end',
      'turn_end ok prompt 2',
      'turn_start prompt prompt 3',
      'tool bash: sleep 30',
      'tool failed',
      'turn_end interrupted prompt 3',
    ]);
  });

  it('[feature: steer] folds steered messages and those that follow into one turn', () => {
    const lines = rpc('steer');
    expect(lines.filter((line) => line.startsWith('folded'))).toHaveLength(2);
    expect(lines.filter((line) => line.startsWith('turn_end'))).toEqual([
      'turn_end ok prompt 1, prompt 3, prompt 4',
    ]);
  });

  it('[feature: model errors] tells the kind of an error, and goes on', () => {
    expect(rpc('error-401').filter((line) => line.startsWith('turn_end'))).toEqual([
      'turn_end error (auth) prompt 1',
      'turn_end ok prompt 2',
    ]);
  });

  it('[feature: retries] keeps the turn open over an end that is none', () => {
    expect(rpc('error-429').slice(0, 2)).toEqual(['turn_start prompt prompt 1', 'notice retrying']);
    expect(rpc('error-429').filter((line) => line.startsWith('turn_end'))).toHaveLength(1);
  });

  it('[feature: kill in mid-turn] ends the turn of a process that is gone', () => {
    for (const name of ['kill-term', 'stdin-close-mid-turn'])
      expect(rpc(name).at(-1)).toBe('turn_end error (crash) prompt 1');
  });

  it('[feature: compaction] tells of a compaction', () => {
    expect(rpc('commands').slice(-4)).toEqual([
      'turn_start background',
      'notice compacting',
      'notice compacting',
      'turn_end ok',
    ]);
  });

  it('[feature: usage] adds up the tokens of all requests of a turn', () => {
    const ends = replayRpc(RPC.get('tool') ?? []).said.flatMap((body) =>
      body.kind === 'turn_end' ? [body] : [],
    );
    expect(ends[0]?.usage).toMatchObject({
      inputTokens: 600,
      outputTokens: 120,
      contextTokens: 120,
      costUsd: 0,
    });
  });

  it('begins no turn for a conversation that is not there', () => {
    expect(rpc('resume-5-unknown')).toEqual([]);
  });

  it.each([...RPC.keys()])('ends every accepted prompt of %s once', (name) => {
    const { said, accepted } = replayRpc(RPC.get(name) ?? []);
    const ended = said.flatMap((body) => (body.kind === 'turn_end' ? body.prompts : []));
    expect([...ended].sort()).toEqual([...accepted].sort());
    expect(said.at(-1)?.kind).toBe('exit');
  });
});

describe('[feature: json mode] recordings of --mode json', () => {
  it('reads text, thoughts and tools, and ends with the process', () => {
    expect(json('thinking')).toEqual([
      'turn_start prompt prompt 1',
      'thinking: let me consider',
      'text: considered',
      'text_end',
      'turn_end ok prompt 1',
    ]);
    expect(json('tool').slice(1, 5)).toEqual([
      'text: I will run it.',
      'text_end',
      'tool bash: echo hi',
      'tool ok',
    ]);
  });

  it('tells an error although the exit code does not', () => {
    expect(json('error-401')).toEqual(['turn_start prompt prompt 1', 'turn_end error (auth) prompt 1']);
  });
});

describe('the end of a turn', () => {
  const prompt = asId<never>('p');
  const reader = () => {
    const made = new RpcReader();
    made.sent(prompt, () => undefined);
    made.accepted(prompt);
    made.read({ type: 'agent_start' });
    return made;
  };

  it('is not believed while pi is busy, retries, compacts or has a message left', () => {
    const busy = reader();
    busy.read({ type: 'agent_end' });
    expect(busy.looked(busy.suspected, { isStreaming: true }).verdict).toBe('look_again');
    expect(busy.looked(busy.suspected, { pendingMessageCount: 1 }).verdict).toBe('left_behind');
    for (const type of ['auto_retry_start', 'compaction_start', 'agent_start']) {
      const goesOn = reader();
      goesOn.read({ type: 'agent_end' });
      const suspicion = goesOn.suspected;
      goesOn.read({ type });
      expect(goesOn.looked(suspicion, {}).verdict).toBe('goes_on');
      expect(goesOn.running).toBe(true);
    }
    const told = reader();
    const before = told.suspected;
    told.read({ type: 'agent_end', willRetry: true });
    expect(told.suspected).toBe(before);
  });

  it('comes at once for a command of an extension, which starts no run', () => {
    const made = new RpcReader();
    made.sent(prompt, () => undefined);
    expect(
      made.read({ type: 'extension_ui_request', id: 'n', method: 'notify', message: 'done' }),
    ).toMatchObject([{ kind: 'turn_start', prompts: [prompt] }, { kind: 'notice' }]);
    expect(made.accepted(prompt)).toEqual([]);
    expect(made.looked(made.suspected, { isStreaming: false })).toMatchObject({
      verdict: 'over',
      events: [{ kind: 'turn_end', prompts: [prompt], outcome: { status: 'ok' } }],
    });
  });

  it('gives what an extension says outside of a turn one of its own', () => {
    const made = new RpcReader();
    const message = { role: 'custom', content: 'by the way', display: true };
    expect(made.read({ type: 'message_end', message })).toMatchObject([
      { kind: 'turn_start', origin: 'background', prompts: [] },
      { kind: 'text', text: 'by the way' },
    ]);
    expect(made.looked(made.suspected, {}).verdict).toBe('over');
  });
});
