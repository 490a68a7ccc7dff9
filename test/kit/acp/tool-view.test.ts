import { describe, expect, it } from 'vitest';
import { UpdateMapper } from '../../../src/kit/acp/updates.ts';

const call = (fields: object) => ({ sessionUpdate: 'tool_call', toolCallId: '1', ...fields });
const change = (fields: object) => ({ sessionUpdate: 'tool_call_update', toolCallId: '1', ...fields });
const shown = (text: string) => [{ type: 'content', content: { type: 'text', text } }];

describe('a tool call whose input is spelled out as JSON text', () => {
  it('is told once with its command, when that is complete', () => {
    const mapper = new UpdateMapper();
    const early = [
      call({ title: 'Bash', kind: 'execute', status: 'pending', content: shown('') }),
      change({ status: 'in_progress', content: shown('{"comm') }),
      change({ status: 'in_progress', content: shown('{"command":"tou') }),
    ];
    for (const update of early) expect(mapper.map(update)).toEqual([]);
    expect(mapper.map(change({ status: 'in_progress', content: shown('{"command":"touch a"}') }))).toEqual([
      { kind: 'tool_started', call: { id: '1', name: 'Shell', summary: 'touch a', form: 'shell' } },
    ]);
    expect(mapper.map(change({ status: 'in_progress', rawInput: { command: 'touch a' } }))).toEqual([]);
  });

  it('is told by its file where its title is but the name of the tool', () => {
    const mapper = new UpdateMapper();
    mapper.map(call({ title: 'Write', kind: 'edit', status: 'pending' }));
    const input = JSON.stringify({ path: '/w/n.txt', content: 'one' });
    expect(mapper.map(change({ status: 'in_progress', content: shown(input.slice(0, 9)) }))).toEqual([]);
    expect(mapper.map(change({ status: 'in_progress', content: shown(input) }))).toMatchObject([
      { kind: 'tool_started', call: { name: 'Edit', summary: '/w/n.txt' } },
    ]);
  });

  it('is told at the end of the turn at the latest', () => {
    const mapper = new UpdateMapper();
    mapper.map(call({ title: 'Bash', kind: 'execute', status: 'in_progress', content: shown('{"comm') }));
    expect(mapper.endTurn()).toMatchObject([{ kind: 'tool_started', call: { summary: 'Bash' } }]);
  });
});

it('a request that repeats a call without its input takes nothing away from what is known of it', () => {
  const mapper = new UpdateMapper();
  const plan = { rawInput: { plan: '# Do it' }, content: shown('# Do it') };
  mapper.map(call({ title: 'Approve Plan', kind: 'switch_mode', status: 'pending', ...plan }));
  const { tool } = mapper.toolOf({ toolCallId: '1', rawInput: {}, content: [], title: 'Approve Plan' });
  expect([tool.input, tool.body]).toEqual([{ plan: '# Do it' }, '# Do it']);
});

it('a title of several words stays what a tool call is told by', () => {
  const events = new UpdateMapper().map(
    call({ title: 'Reading a.txt', kind: 'read', status: 'in_progress', rawInput: { path: '/w/a.txt' } }),
  );
  expect(events).toMatchObject([{ call: { name: 'Read', summary: 'Reading a.txt' } }]);
});
