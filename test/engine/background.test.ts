import { afterEach, describe, expect, it } from 'vitest';
import { buttonsOf } from '../engine-harness/fake-platform.ts';
import { Harness, until } from '../engine-harness/harness.ts';

let chat: Harness;
afterEach(() => chat.close());

const prompts = () => chat.agent.sessions.flatMap((one) => one.prompts.map(({ text }) => text));
const said = (text: string) => until(`“${text}”`, () => chat.platform.texts.includes(text));
const permission = {
  kind: 'permission' as const,
  tool: 'Bash',
  summary: 'make deploy',
  input: {},
  options: [
    { id: 'yes', label: '', role: 'allow' as const },
    { id: 'no', label: '', role: 'deny' as const },
  ],
};

describe('what the agent says unasked', () => {
  it('is shown where the conversation was last spoken to, as an answer to nobody', async () => {
    chat = await Harness.open();
    await chat.turn('start the build', 'started');
    chat.agent.last?.speak('the build is green');
    await said('the build is green');
    const shown = chat.platform.shown.at(-1);
    expect(shown?.to.chat).toBe('c1');
    expect(shown?.to.replyTo).toBeUndefined();
    await until('the end', () => chat.queries.openTurns(chat.context.name).length === 0);
  });

  it('asks there as well, in the language of whoever wrote last, and takes the answer', async () => {
    chat = await Harness.open({ settings: { language: undefined } });
    await chat.turn('请开始构建', '好的');
    chat.agent.last?.emit({ kind: 'turn_start', origin: 'background', prompts: [] });
    chat.agent.last?.emit({ kind: 'approval', wireId: 'w1', request: permission });
    await until('the request', () => chat.platform.cards.length === 1);
    expect(chat.platform.cards[0]?.title).toContain('权限');
    await chat.press(buttonsOf(chat.platform.cards[0])[0] ?? '');
    expect(chat.agent.last?.answers).toEqual([{ wireId: 'w1', answer: { kind: 'option', optionId: 'yes' } }]);
  });

  it('keeps its request open when a turn of somebody ends meanwhile', async () => {
    chat = await Harness.open();
    await chat.turn('start', 'started');
    chat.agent.last?.emit({ kind: 'approval', wireId: 'w1', request: permission });
    await until('the request', () => chat.platform.cards.length === 1);
    await chat.turn('something else', 'done');
    const [row] = chat.queries.openApprovals(chat.context.name);
    expect(row?.wireId).toBe('w1');
    await chat.press(buttonsOf(chat.platform.cards[0])[1] ?? '');
    expect(chat.agent.last?.answers).toHaveLength(1);
  });

  it('comes before a message that arrives while it speaks', async () => {
    chat = await Harness.open();
    await chat.turn('one', 'a');
    chat.agent.last?.emit({ kind: 'turn_start', origin: 'background', prompts: [] });
    chat.agent.last?.emit({ kind: 'text', text: 'by the way', mode: 'block' });
    await until('the background turn', () => chat.actor().turn?.origin === 'background');
    await chat.say('two');
    expect(prompts()).toEqual(['one']);
    chat.agent.last?.emit({ kind: 'turn_end', prompts: [], outcome: { status: 'ok' } });
    await said('by the way');
    await until('the prompt', () => prompts().length === 2);
  });

  it('neither swallows nor ends a turn that is just starting', async () => {
    chat = await Harness.open({ settings: { resetOnIdleMs: 1_800_000 } });
    await chat.turn('one', 'a');
    const agent = chat.agent.last;
    if (!agent) throw new Error('no agent');
    let open: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    const prompt = agent.prompt.bind(agent);
    agent.prompt = async (given) => {
      await gate;
      return prompt(given);
    };
    await chat.say('two');
    await until('the turn', () => chat.actor().turn?.state === 'starting');
    agent.speak('just finished something');
    await until('the words', () => chat.actor().turn?.view.text.includes('just finished') === true);
    open();
    await until('the prompt', () => prompts().length === 2);
    expect(chat.actor().turn?.inputs).toHaveLength(1);
    agent.reply('b');
    await until('the end', () => chat.actor().turn === undefined);
    await until('both', () => chat.platform.texts.join('|').includes('just finished something'));
    expect(chat.platform.texts.join('|')).toContain('b');
  });

  it('waits for the end of a turn whose answer is just being stored', async () => {
    chat = await Harness.open();
    await chat.running('one');
    chat.agent.last?.reply('a');
    chat.agent.last?.speak('and another thing');
    await chat.say('two');
    await said('and another thing');
    await until('the prompt', () => prompts().length === 2);
    expect(chat.platform.texts.indexOf('a')).toBeLessThan(chat.platform.texts.indexOf('and another thing'));
    chat.agent.last?.reply('b');
    await said('b');
    await until('nothing open', () => chat.queries.openTurns(chat.context.name).length === 0);
  });
});
