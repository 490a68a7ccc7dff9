import { afterEach, describe, expect, it } from 'vitest';
import { unsentText } from '../../src/engine/unsent-text.ts';
import { Harness, plainSettings, until } from '../engine-harness/harness.ts';

/** Renders like a chat that shows no markup. */
const plain = (markdown: string) => markdown.replace(/[*`]/g, '');

describe('what of a text is not in the chat yet', () => {
  it.each<[string, string, string[], string]>([
    ['all of it, when nothing was delivered', 'One.\n\nTwo.', [], 'One.\n\nTwo.'],
    ['the rest behind a frozen part', 'One.\n\nTwo.', ['One.'], 'Two.'],
    ['also when rendering took the markup away', '**One** `x`.\n\nTwo.', ['One x.'], 'Two.'],
    ['also when one text became several messages', 'One.\n\nmore\n\nTwo.', ['One.', 'more'], 'Two.'],
    ['nothing, when everything was', 'One.\n\nTwo.', ['One.', 'Two.'], ''],
    ['the rest of a text that begins with the last part only', 'Two.\n\nThree.', ['One.', 'Two.'], 'Three.'],
    ['all of a text that has nothing to do with the parts', 'Three.', ['One.'], 'Three.'],
    ['all of a text that merely begins with the same words', 'One.5 metres', ['One.'], 'One.5 metres'],
  ])('is %s', (_, said, delivered, rest) => {
    expect(unsentText(said, delivered, plain)).toBe(rest);
  });
});

describe('after a restart in the middle of a turn', () => {
  let chat: Harness;
  afterEach(() => chat.close());

  it('formatted text that was frozen before is not delivered again', async () => {
    chat = await Harness.open();
    const render = chat.platform.render.bind(chat.platform);
    chat.platform.render = (content) =>
      render(content).map((part) => (part.kind === 'text' ? { ...part, plain: plain(part.plain) } : part));
    await chat.running('do it');
    chat.agent.last?.emit({ kind: 'text', text: 'I **found** it.', mode: 'block' });
    chat.agent.last?.emit({
      kind: 'tool_started',
      call: { id: 't1', name: 'Read', summary: 'x', form: 'plain' },
    });
    chat.agent.last?.emit({ kind: 'text', text: 'Now I', mode: 'delta' });
    await until('the text', () => chat.actor().turn?.view.text.endsWith('Now I') === true);
    await until('the frozen part', () => chat.platform.texts.includes('I found it.'));
    await chat.restart();
    await until('the notice', () => chat.platform.cards.length === 1);
    const texts = chat.platform.texts.join('\n');
    expect(texts.match(/found it/g)).toHaveLength(1);
    expect(texts).toContain('Now I');
  });

  it('file references that were frozen in the form of the project are not delivered again', async () => {
    const references = { ...plainSettings.references, agents: ['all'], platforms: ['all'] };
    chat = await Harness.open({ settings: { references } });
    await chat.running('where?');
    chat.agent.last?.emit({ kind: 'text', text: 'Found in /srv/app/src/main.ts:12.', mode: 'block' });
    chat.agent.last?.emit({
      kind: 'tool_started',
      call: { id: 't1', name: 'Read', summary: 'x', form: 'plain' },
    });
    chat.agent.last?.emit({ kind: 'text', text: 'Also /srv/app/src/other.ts', mode: 'delta' });
    await until('the frozen part', () => chat.platform.texts.includes('Found in 📄 `src/main.ts:12`.'));
    await until('the text', () => chat.actor().turn?.view.text.endsWith('other.ts') === true);
    await chat.restart();
    await until('the notice', () => chat.platform.cards.length === 1);
    const texts = chat.platform.texts.join('\n');
    expect(texts.match(/main\.ts/g)).toHaveLength(1);
    expect(texts).toContain('Also 📄 `src/other.ts`');
  });
});
