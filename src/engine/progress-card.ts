import type { Card, Tone } from '../core/card.ts';
import type { Language, Text } from '../i18n/languages.ts';
import { progressTexts as texts } from '../i18n/texts/progress.ts';
import { translate } from '../i18n/translate.ts';

export type ProgressState = 'running' | 'completed' | 'failed';

const looks: Readonly<Record<ProgressState, { readonly title: Text; readonly tone: Tone }>> = {
  running: { title: texts.running, tone: 'blue' },
  completed: { title: texts.completed, tone: 'green' },
  failed: { title: texts.failed, tone: 'red' },
};

/** What a turn does, as one card: its newest steps, and how it stands. */
export function progressCard(
  entries: readonly string[],
  earlier: number,
  state: ProgressState,
  language: Language,
): Card {
  const { title, tone } = looks[state];
  const blocks: Card['blocks'] = entries.map((markdown) => ({ kind: 'text', markdown }));
  const note = { kind: 'note' as const, text: translate(texts.earlier, language, { count: earlier }) };
  return { title: translate(title, language), tone, blocks: earlier > 0 ? [note, ...blocks] : blocks };
}
