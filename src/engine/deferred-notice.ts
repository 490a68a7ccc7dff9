import type { Outgoing } from '../core/outgoing.ts';
import type { Text } from '../i18n/languages.ts';
import { queueTexts } from '../i18n/texts/queue.ts';
import type { InputRow } from '../store/rows.ts';

/** A message that is kept but not queued, with the buttons that decide. */
export function deferredNotice(row: InputRow, text: string, say: (text: Text) => string): Outgoing {
  const buttons = [
    { label: say(queueTexts.run), data: `i:run:${row.id}`, style: 'primary' as const },
    { label: say(queueTexts.drop), data: `i:drop:${row.id}`, style: 'danger' as const },
  ];
  return {
    kind: 'card',
    card: {
      blocks: [
        { kind: 'text', markdown: text },
        { kind: 'buttons', rows: [buttons] },
      ],
    },
  };
}
