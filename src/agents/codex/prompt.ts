import type { Prompt } from '../../core/agent.ts';
import { promptParts } from '../../kit/prompt-parts.ts';

/** The `input` of `turn/start` and `turn/steer`. */
export function promptInput(prompt: Prompt): readonly object[] {
  const { text, images } = promptParts(prompt);
  const attached = images.map(({ path }) => ({ type: 'localImage', path }));
  // A turn without text is refused when there is no image either.
  return text === '' && attached.length > 0
    ? attached
    : [...attached, { type: 'text', text, text_elements: [] }];
}
