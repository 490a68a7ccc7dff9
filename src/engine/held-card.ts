import type { CardBlock } from '../core/card.ts';
import type { Text } from '../i18n/languages.ts';
import { queueTexts } from '../i18n/texts/queue.ts';
import type { Values } from '../i18n/translate.ts';
import type { InputRow } from '../store/rows.ts';
import { textOf } from './input-text.ts';
import { shorten } from './tool-format.ts';

/** What waits behind a stop, with Run and Drop. Empty when nothing does. */
export function heldBlocks(
  held: readonly InputRow[],
  say: (text: Text, values?: Values) => string,
): CardBlock[] {
  const first = held[0];
  if (!first) return [];
  const texts = held.map((row) => `“${shorten(textOf(row), 60)}”`).join(' · ');
  return [
    { kind: 'text', markdown: say(queueTexts.held, { count: held.length, texts }) },
    {
      kind: 'buttons',
      rows: [
        [
          { label: say(queueTexts.run), data: `h:run:${first.id}`, style: 'primary' },
          { label: say(queueTexts.drop), data: `h:drop:${first.id}`, style: 'danger' },
        ],
      ],
    },
  ];
}
