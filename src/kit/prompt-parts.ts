import type { Prompt, PromptImage } from '../core/agent.ts';

/** The formats that models take as images. */
const IMAGE_TYPES = new Set(['image/png', 'image/jpeg', 'image/gif', 'image/webp']);

/** The images a model can be shown, and the prompt's text with the paths of all other pictures. */
export function promptParts(prompt: Prompt): {
  readonly text: string;
  readonly images: readonly PromptImage[];
} {
  const images = prompt.images.filter(({ mime }) => IMAGE_TYPES.has(mime));
  const others = prompt.images.filter(({ mime }) => !IMAGE_TYPES.has(mime));
  const lines = [prompt.text, ...others.map(({ path }) => `[image: ${path}]`)];
  return { text: lines.filter((line) => line !== '').join('\n'), images };
}
