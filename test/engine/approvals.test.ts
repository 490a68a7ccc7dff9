import { afterEach, describe, expect, it, vi } from 'vitest';
import type { ApprovalRequest } from '../../src/core/agent-event.ts';
import { AppError } from '../../src/core/errors.ts';
import { buttonsOf } from '../engine-harness/fake-platform.ts';
import { alice, Harness, type HarnessOptions, until } from '../engine-harness/harness.ts';

let chat: Harness;
afterEach(async () => {
  vi.useRealTimers();
  await chat.close();
});

const bob = { id: 'bob', name: 'Bob' };
const permission = (summary = 'ls'): ApprovalRequest => ({
  kind: 'permission',
  tool: 'Bash',
  summary,
  input: { command: summary },
  options: [
    { id: 'yes', label: '', role: 'allow' },
    { id: 'always', label: '', role: 'allow_always' },
    { id: 'no', label: '', role: 'deny' },
  ],
});
const question = (multiple = false): ApprovalRequest => ({
  kind: 'question',
  tool: 'AskUserQuestion',
  questions: [
    {
      id: 'q1',
      text: 'Which colour?',
      multiple,
      options: [{ label: 'Red' }, { label: 'Green' }, { label: 'Blue' }],
    },
  ],
});
const twoQuestions: ApprovalRequest = {
  kind: 'question',
  tool: 'AskUserQuestion',
  questions: [
    { id: 'q1', text: 'Which colour?', multiple: false, options: [{ label: 'Red' }, { label: 'Green' }] },
    { id: 'q2', text: 'Which size?', multiple: false, options: [{ label: 'S' }, { label: 'L' }] },
  ],
};

const ask = async (request: ApprovalRequest, wireId = 'w1') => {
  const before = chat.platform.shown.length;
  chat.agent.last?.emit({ kind: 'approval', wireId, request });
  await until('the request', () => chat.platform.shown.length > before);
  // A reply to it is known by the message that the platform names when it has it.
  await until('its record', () => chat.context.delivery.waiting() === 0);
};
const asking = async (request: ApprovalRequest, options: HarnessOptions = {}) => {
  chat = await Harness.open(options);
  await chat.running('do it');
  await ask(request);
};
const answers = () => chat.agent.last?.answers ?? [];
const answered = (count = 1) => until(`${count} answers`, () => answers().length === count);
const button = (index: number, card = chat.platform.cards.length - 1) =>
  buttonsOf(chat.platform.cards[card])[index] ?? '';
const optionId = (at = 0) => {
  const { answer } = answers()[at] ?? {};
  return answer?.kind === 'option' ? answer.optionId : answer;
};

describe('a permission request', () => {
  it('shows what would be done and offers the agent’s options', async () => {
    await asking(permission('rm -r build'));
    expect(chat.platform.last).toContain('Permission: Bash');
    expect(chat.platform.last).toContain('rm -r build');
    expect(chat.platform.last).toContain('[Allow] [Deny]\n[Always allow this]\n[Allow all in this session]');
  });

  it.each([
    [0, 'yes', 'Allowed by Alice: Bash'],
    [1, 'no', 'Denied by Alice: Bash'],
    [2, 'always', 'Always allowed by Alice: Bash'],
  ])('pressed on button %i answers %s and is resolved in place', async (index, option, line) => {
    await asking(permission());
    const reply = await chat.press(button(index));
    expect(reply.toastKind).toBe('success');
    expect(optionId()).toBe(option);
    await until('the resolved card', () => chat.platform.last.includes(line));
    expect(buttonsOf(chat.platform.cards[0])).toEqual([]);
    expect(chat.platform.shown).toHaveLength(1);
  });

  it('is answered once: the first of two people wins and the other is told', async () => {
    await asking(permission());
    const [first, second] = await Promise.all([chat.press(button(0)), chat.press(button(1), bob)]);
    expect(first.toastKind).toBe('success');
    expect(second).toMatchObject({ toast: 'This request is settled already.' });
    expect(JSON.stringify(second.card ?? first.card)).toContain('Allowed by Alice');
    expect(answers()).toHaveLength(1);
  });

  it('pressed late says so', async () => {
    await asking(permission());
    const data = button(0);
    await chat.press(data);
    expect((await chat.press(data)).toast).toBe('This request is settled already.');
    expect((await chat.press('p:doesnotexist:0')).toast).toBe('This request is settled already.');
  });

  it('that the agent withdraws is resolved in place', async () => {
    await asking(permission());
    const data = button(0);
    chat.agent.last?.emit({ kind: 'approval_withdrawn', wireId: 'w1' });
    await until('the withdrawal', () => chat.platform.last.includes('Withdrawn by the agent'));
    expect((await chat.press(data)).toast).toBe('This request is settled already.');
    expect(answers()).toEqual([]);
  });

  it('goes with its agent', async () => {
    await asking(permission());
    chat.agent.last?.crash();
    await until('the resolution', () => chat.platform.texts[0]?.includes('is gone') === true);
  });

  it('is withdrawn when its turn is stopped', async () => {
    await asking(permission());
    await chat.say('/stop');
    await until('the withdrawal', () => chat.platform.texts[0]?.includes('Withdrawn') === true);
    await until('the end', () => chat.actor().turn === undefined);
  });

  it('is resolved as gone after a restart', async () => {
    await asking(permission());
    await chat.restart();
    await until('the resolution', () => chat.platform.texts[0]?.includes('is gone') === true);
  });

  it('stays open beside others, each answered by itself', async () => {
    await asking(permission('one'));
    await ask(permission('two'), 'w2');
    await ask(permission('three'), 'w3');
    await chat.press(button(1, 1));
    await chat.press(button(0, 2));
    expect(answers().map(({ wireId }) => wireId)).toEqual(['w2', 'w3']);
    expect(chat.queries.openApprovals(chat.context.name).map(({ wireId }) => wireId)).toEqual(['w1']);
  });

  it('is in the audit log with its answer', async () => {
    await asking(permission());
    await chat.press(button(1));
    expect(chat.queries.audits(chat.context.name, 5)[0]).toMatchObject({
      actor: 'Alice',
      action: 'approval.answered',
      detail: 'Bash: no',
    });
  });

  it('is in the audit log also when it was granted without asking, and by whose wish', async () => {
    await asking(permission('one'));
    await chat.say('allow all');
    await answered();
    chat.agent.last?.emit({ kind: 'approval', wireId: 'w2', request: permission('rm -r build') });
    await answered(2);
    await until('the entry', () => chat.queries.audits(chat.context.name, 5).length === 2);
    expect(chat.queries.audits(chat.context.name, 5)[0]).toMatchObject({
      actor: 'Alice',
      action: 'approval.auto_allowed',
      detail: 'Bash: rm -r build',
    });
  });

  it('asked for all grants every open one and all later ones of this process, but no question', async () => {
    await asking(permission('one'));
    await ask(permission('two'), 'w2');
    await chat.press(button(3, 0));
    await answered(2);
    chat.agent.last?.emit({ kind: 'approval', wireId: 'w3', request: permission('three') });
    await answered(3);
    expect([optionId(0), optionId(1), optionId(2)]).toEqual(['yes', 'yes', 'yes']);
    expect(chat.platform.shown).toHaveLength(2);
    await ask(question(), 'w4');
    expect(chat.queries.openApprovals(chat.context.name)).toHaveLength(1);
  });
});

describe('who may answer', () => {
  it('is who may write: a press by anybody else is refused and noted', async () => {
    await asking(permission(), { allowFrom: 'alice' });
    const reply = await chat.press(button(0), { id: 'mallory' });
    expect(reply).toMatchObject({ toast: 'You may not answer this.', toastKind: 'error' });
    expect(answers()).toEqual([]);
    expect(chat.queries.audits(chat.context.name, 5)[0]?.action).toBe('access.refused');
    await chat.press(button(0), alice);
    expect(answers()).toHaveLength(1);
  });
});

describe('an answer in words', () => {
  it.each([
    ['allow', 'yes'],
    ['Yes!', 'yes'],
    ['@bot ok', 'yes'],
    ['允许', 'yes'],
    ['同意。', 'yes'],
    ['允許', 'yes'],
    ['許可', 'yes'],
    ['はい', 'yes'],
    ['sí', 'yes'],
    ['permitir', 'yes'],
    ['deny', 'no'],
    ['No.', 'no'],
    ['拒绝', 'no'],
    ['拒絕', 'no'],
    ['いいえ', 'no'],
    ['rechazar', 'no'],
    ['allow all', 'yes'],
    ['全部允许', 'yes'],
    ['すべて許可', 'yes'],
    ['permitir todo', 'yes'],
  ])('“%s” means %s', async (text, option) => {
    await asking(permission());
    await chat.say(text);
    await answered();
    expect(optionId()).toBe(option);
  });

  it.each(['do not allow this', 'allow me to explain', '禁止允许这种', 'yesterday'])(
    '“%s” is no answer: it is kept as work for later, with a hint',
    async (text) => {
      await asking(permission());
      await chat.say(text);
      await until('the hint', () => chat.platform.last.includes('Kept for later'));
      expect(answers()).toEqual([]);
      expect(chat.actor().waiting).toHaveLength(1);
      await chat.press(button(0));
      chat.agent.last?.reply('done');
      await until('its turn', () => chat.agent.last?.prompts.at(-1)?.text === text);
    },
  );

  it.each(['interrupt', 'steer', 'collect'] as const)(
    'other words wait in busy mode %s, too',
    async (busyMode) => {
      await asking(permission(), { settings: { busyMode } });
      await chat.say('what is taking so long?');
      await until('the hint', () => chat.platform.last.includes('Kept for later'));
      expect(chat.actor().turn?.stopReason).toBeUndefined();
      expect(chat.agent.last?.steered).toEqual([]);
      expect(chat.actor().waiting).toHaveLength(1);
    },
  );

  it('as a reply to the request denies with the person’s reason', async () => {
    await asking(permission());
    await chat.send({ text: 'use pnpm instead', quoted: { message: chat.platform.shown[0]?.id ?? '' } });
    await answered();
    expect(answers()[0]?.answer).toEqual({ kind: 'deny', message: 'use pnpm instead' });
    await until('the resolved card', () => chat.platform.last.includes('> use pnpm instead'));
  });

  it('with several requests open asks which one; a reply says it', async () => {
    await asking(permission('one'));
    await ask(permission('two'), 'w2');
    await chat.say('allow');
    await until('the counter-question', () => chat.platform.last.includes('Several requests are open'));
    expect(answers()).toEqual([]);
    await chat.send({ text: 'allow', quoted: { message: chat.platform.shown[1]?.id ?? '' } });
    await answered();
    expect(answers()[0]?.wireId).toBe('w2');
  });

  it('never turns a yes into a no where the agent offers no plain yes', async () => {
    await asking({
      ...permission(),
      options: [
        { id: 'forever', label: 'Always', role: 'allow_always' },
        { id: 'no', label: 'No', role: 'deny' },
      ],
    } as ApprovalRequest);
    await chat.say('yes');
    await answered();
    expect(optionId()).toBe('forever');
  });
});

describe('a question', () => {
  it('is answered by a press', async () => {
    await asking(question());
    await chat.press(button(1));
    expect(answers()[0]?.answer).toEqual({ kind: 'answers', answers: { q1: ['Green'] } });
    await until('the answer in place', () => chat.platform.last.includes('Which colour?**\n→ Green'));
  });

  it.each([
    ['2', ['Green']],
    ['blue', ['Blue']],
    ['a warm violet', ['a warm violet']],
  ])('is answered by “%s”', async (text, chosen) => {
    await asking(question());
    await chat.say(text);
    await answered();
    expect(answers()[0]?.answer).toEqual({ kind: 'answers', answers: { q1: chosen } });
  });

  it('takes no number that is not among the choices', async () => {
    await asking(question());
    await chat.say('7');
    await until('the hint', () => chat.platform.last.includes('Kept for later'));
    expect(answers()).toEqual([]);
  });

  it('with several choices collects presses until Done, showing what is marked', async () => {
    await asking(question(true));
    await chat.press(button(0));
    const marked = await chat.press(button(2));
    expect(JSON.stringify(marked.card)).toContain('☑ Blue');
    await chat.press(button(0));
    const done = button(3);
    await chat.press(done);
    expect(answers()[0]?.answer).toEqual({ kind: 'answers', answers: { q1: ['Blue'] } });
  });

  it('with several choices takes “1, 3”', async () => {
    await asking(question(true));
    await chat.say('1, 3');
    await answered();
    expect(answers()[0]?.answer).toEqual({ kind: 'answers', answers: { q1: ['Red', 'Blue'] } });
  });

  it('is not answered by Done with nothing marked', async () => {
    await asking(question(true));
    expect((await chat.press(button(3))).toastKind).toBe('error');
    expect(answers()).toEqual([]);
  });

  it('of several parts asks one after the other and answers all at once', async () => {
    await asking(twoQuestions);
    const first = await chat.press(button(0));
    expect(JSON.stringify(first.card)).toContain('Which size?');
    expect(answers()).toEqual([]);
    await until('the next question', () => chat.platform.last.includes('Which size?'));
    await chat.say('2');
    await answered();
    expect(answers()[0]?.answer).toEqual({ kind: 'answers', answers: { q1: ['Red'], q2: ['L'] } });
    expect(chat.platform.shown).toHaveLength(1);
  });

  it('of several parts shows the next one anew where messages cannot be edited', async () => {
    chat = await Harness.open();
    Object.assign(chat.platform, { edit: undefined });
    await chat.running('do it');
    await ask(twoQuestions);
    await chat.say('1');
    await until('the next question', () => chat.platform.last.includes('Which size?'));
    await chat.say('1');
    await answered();
  });

  it('in a form takes choices and own words together', async () => {
    chat = await Harness.open();
    chat.platform.capabilities = { ...chat.platform.capabilities, forms: true };
    await chat.running('do it');
    await ask(twoQuestions);
    const [row] = chat.queries.openApprovals(chat.context.name);
    const sink = chat.project;
    await sink.action({
      kind: 'action',
      dedupeKey: 'form1',
      address: chat.address(),
      sender: alice,
      at: 0,
      data: `f:${row?.id}`,
      form: { q0: 'Red', t1: 'somewhere between' },
    });
    expect(answers()[0]?.answer).toEqual({
      kind: 'answers',
      answers: { q1: ['Red'], q2: ['somewhere between'] },
    });
  });
});

describe('a plan', () => {
  const plan: ApprovalRequest = {
    kind: 'plan',
    tool: 'ExitPlanMode',
    plan: '1. think\n2. act',
    options: [
      { id: 'go', label: '', role: 'allow' },
      { id: 'stay', label: '', role: 'deny' },
    ],
  };

  it('is shown and confirmed, and stays readable', async () => {
    await asking(plan);
    expect(chat.platform.last).toContain('2. act');
    await chat.press(button(0));
    expect(optionId()).toBe('go');
    await until('the resolved card', () => chat.platform.last.includes('Allowed by Alice'));
    expect(chat.platform.last).toContain('2. act');
  });

  it('goes back with a reply that says what to change', async () => {
    await asking(plan);
    await chat.send({ text: 'first write tests', quoted: { message: chat.platform.shown[0]?.id ?? '' } });
    await answered();
    expect(answers()[0]?.answer).toEqual({ kind: 'deny', message: 'first write tests' });
  });
});

describe('expiry', () => {
  const expired = async () => {
    chat = await Harness.open({ settings: { approvalTimeoutMs: 60_000 } });
    await chat.running('do it');
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    chat.agent.last?.emit({ kind: 'approval', wireId: 'w1', request: permission() });
    for (let round = 0; chat.platform.shown.length === 0 && round < 50_000; round += 1)
      await new Promise((resolve) => setImmediate(resolve));
    vi.advanceTimersByTime(61_000);
    vi.useRealTimers();
    await answered();
    expect(answers()[0]?.answer).toMatchObject({ kind: 'deny' });
    await until('the word', () => chat.platform.last.includes('Expired without an answer'));
  };

  it('denies, says so in place, and the turn goes on', async () => {
    await expired();
    chat.agent.last?.reply('I could not do it.');
    await until('the answer', () => chat.platform.last === 'I could not do it.');
  });

  it('leaves a button that has the agent ask again, once', async () => {
    await expired();
    chat.agent.last?.reply('I could not do it.');
    await until('the end', () => chat.actor().turn === undefined);
    const replies = await Promise.all([chat.press(button(0)), chat.press(button(0))]);
    expect(replies.map(({ toast }) => toast).sort()).toEqual(['This is settled already.', '▶️ Running.']);
    await until('the prompt', () => chat.agent.last?.prompts.length === 2);
    expect(chat.agent.last?.prompts[1]?.text).toContain(
      'Nobody answered in time when you asked this: Bash: ls.',
    );
    chat.agent.last?.reply('done');
    await until('its end', () => chat.actor().turn === undefined);
    expect((await chat.press(button(0))).toast).toBe('This is settled already.');
    expect(chat.agent.last?.prompts).toHaveLength(2);
  });

  it('leaves no such button on a request that was answered', async () => {
    await asking(permission());
    const [pressed] = chat.queries.openApprovals(chat.context.name);
    await chat.press(button(0));
    await answered();
    expect((await chat.press(`e:${pressed?.id}`)).toast).toBe('This is settled already.');
    await until('the word', () => buttonsOf(chat.platform.cards.at(-1)).length === 0);
  });
});

describe('on the way out', () => {
  it('a request goes ahead of progress, behind what was said before it', async () => {
    chat = await Harness.open();
    await chat.running('do it');
    let open: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    const send = chat.platform.send.bind(chat.platform);
    chat.platform.send = async (...args: Parameters<typeof send>) => {
      await gate;
      return send(...args);
    };
    const agent = chat.agent.last;
    for (const id of ['t1', 't2'])
      agent?.emit({ kind: 'tool_started', call: { id, name: 'Read', summary: id, form: 'plain' } });
    agent?.emit({ kind: 'text', text: 'Now I need something.', mode: 'block' });
    agent?.emit({ kind: 'approval', wireId: 'w1', request: permission() });
    await until('the request', () => chat.actor().parts.desk.openFor(chat.actor().key).length === 1);
    open();
    await until('all of it', () => chat.platform.shown.length === 4);
    const order = chat.platform.texts.map((text) => text.split('\n')[0]);
    expect(order[0]).toContain('#1 Read');
    expect(order[1]).toBe('Now I need something.');
    expect(order[2]).toContain('Permission: Bash');
    expect(order[3]).toContain('#2 Read');
  });

  it('a question that went on before the platform said where it is shows its next part once it did', async () => {
    chat = await Harness.open();
    await chat.running('do it');
    let tell: () => void = () => undefined;
    const told = new Promise<void>((resolve) => {
      tell = resolve;
    });
    const send = chat.platform.send.bind(chat.platform);
    chat.platform.send = async (...args: Parameters<typeof send>) => {
      const ref = await send(...args);
      await told;
      return ref;
    };
    chat.agent.last?.emit({ kind: 'approval', wireId: 'w1', request: twoQuestions });
    await until('the request', () => chat.platform.cards.length === 1);
    await chat.press(button(0));
    tell();
    await until('the next question', () => chat.platform.last.includes('Which size?'));
    await chat.press(button(1));
    expect(answers()[0]?.answer).toEqual({ kind: 'answers', answers: { q1: ['Red'], q2: ['L'] } });
  });

  it('a request that was settled before it got there is resolved once it is', async () => {
    chat = await Harness.open();
    await chat.running('do it');
    chat.platform.broken = new AppError('away', 'no network', { kind: 'network' });
    chat.agent.last?.emit({ kind: 'approval', wireId: 'w1', request: permission() });
    await until('the request', () => chat.queries.openApprovals(chat.context.name).length === 1);
    chat.agent.last?.emit({ kind: 'approval_withdrawn', wireId: 'w1' });
    await until('the withdrawal', () => chat.queries.openApprovals(chat.context.name).length === 0);
    chat.platform.broken = undefined;
    chat.context.delivery.wake(chat.platform.account);
    await until('the resolved card', () => chat.platform.last.includes('Withdrawn'));
    expect(chat.platform.shown).toHaveLength(1);
  });
});
