import { readFile } from 'node:fs/promises';
import type { Prompt } from '../../core/agent.ts';
import type { Line } from './wire.ts';

/** The formats the model takes as images. */
const IMAGE_TYPES = new Set(['image/png', 'image/jpeg', 'image/gif', 'image/webp']);

/** Larger pictures are named by path; the CLI can open and shrink them itself. */
const MAX_IMAGE_BYTES = 20 * 1024 * 1024;

/**
 * The stdin line of a prompt. Without images the content stays a plain string: only so does the CLI take a leading
 * `/command` for one.
 */
export async function promptLine(prompt: Prompt): Promise<Line> {
  const blocks: Line[] = [];
  const paths: string[] = [];
  for (const image of prompt.images) {
    const data = IMAGE_TYPES.has(image.mime) ? await readFile(image.path) : undefined;
    if (data === undefined || data.length > MAX_IMAGE_BYTES) paths.push(image.path);
    else {
      const source = { type: 'base64', media_type: image.mime, data: data.toString('base64') };
      blocks.push({ type: 'image', source });
    }
  }
  const text = [prompt.text, ...paths.map((path) => `[image: ${path}]`)]
    .filter((part) => part !== '')
    .join('\n');
  const content = blocks.length === 0 ? text : text === '' ? blocks : [...blocks, { type: 'text', text }];
  return { type: 'user', message: { role: 'user', content }, parent_tool_use_id: null, uuid: prompt.id };
}
