import type { Prompt } from '../../core/agent.ts';

/** The formats the model takes as images; others are named by path. */
const IMAGE_TYPES = new Set(['image/png', 'image/jpeg', 'image/gif', 'image/webp']);

/** Images the CLI is to attach, and the prompt's text with the paths of all other pictures. */
export function promptParts(prompt: Prompt): { readonly text: string; readonly images: readonly string[] } {
  const images = prompt.images.filter(({ mime }) => IMAGE_TYPES.has(mime)).map(({ path }) => path);
  const others = prompt.images.filter(({ mime }) => !IMAGE_TYPES.has(mime));
  const lines = [prompt.text, ...others.map(({ path }) => `[image: ${path}]`)];
  return { text: lines.filter((line) => line !== '').join('\n'), images };
}

/** The `input` of `turn/start` and `turn/steer`. */
export function promptInput(prompt: Prompt): readonly object[] {
  const { text, images } = promptParts(prompt);
  const attached = images.map((path) => ({ type: 'localImage', path }));
  // A turn without text is refused when there is no image either.
  return text === '' && attached.length > 0
    ? attached
    : [...attached, { type: 'text', text, text_elements: [] }];
}
