import { readFile } from 'node:fs/promises';
import type { Prompt } from '../../core/agent.ts';
import { promptParts } from '../../kit/prompt-parts.ts';

/** The `message` and `images` of `prompt` and `steer`. */
export async function promptMessage(prompt: Prompt): Promise<{ message: string; images?: object[] }> {
  const { text, images } = promptParts(prompt);
  if (images.length === 0) return { message: text };
  const read = images.map(async ({ path, mime }) => {
    const data = (await readFile(path)).toString('base64');
    return { type: 'image', data, mimeType: mime };
  });
  return { message: text, images: await Promise.all(read) };
}
