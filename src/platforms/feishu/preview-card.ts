import type { JsonObject } from '../../core/json.ts';
import type { PreviewView } from '../../core/platform.ts';
import { cardBytes, cardFrame, markdownElement, noteElement } from './card.ts';
import { previewText } from './preview-text.ts';
import { jsonBytes } from './render.ts';

/** The element that holds the answer while it grows. */
export const answerElement = 'answer';

/** The words of a running answer, as much as one card takes. */
export function previewWords(markdown: string): string {
  const text = previewText(markdown);
  if (jsonBytes(text) <= cardBytes - 2_000) return text;
  // The engine cuts previews by characters; this is for scripts with many bytes each.
  return `${previewText(markdown.slice(0, 6_000))}…`;
}

/** A running answer as a card; `streaming`: its answer may be streamed into afterwards. */
export function previewCard(view: PreviewView, streaming: boolean): JsonObject {
  const elements: JsonObject[] = [markdownElement(previewWords(view.markdown), answerElement)];
  if (view.status) elements.push(noteElement(view.status));
  const card = cardFrame(elements, view.status ?? '…');
  if (!streaming) return card;
  const config = {
    ...(card.config as JsonObject),
    streaming_mode: true,
    streaming_config: {
      print_frequency_ms: { default: 50 },
      print_step: { default: 4 },
      print_strategy: 'fast',
    },
  };
  return { ...card, config };
}
