import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Prompt } from '../../core/agent.ts';

/**
 * The content blocks of a prompt. Images go in as data where the agent takes them; a link to the file is
 * understood by every agent, and the path in words by those that only say so.
 */
export async function promptBlocks(prompt: Prompt, takesImages: boolean): Promise<object[]> {
  const blocks: object[] = [];
  const paths: string[] = [];
  for (const { path, mime } of prompt.images) {
    if (takesImages) {
      const data = (await readFile(path)).toString('base64');
      blocks.push({ type: 'image', mimeType: mime, data });
    } else {
      paths.push(path);
      const uri = pathToFileURL(path).href;
      blocks.push({ type: 'resource_link', uri, name: basename(path), mimeType: mime });
    }
  }
  const words = paths.length === 0 ? prompt.text : `${prompt.text}\n\nImages: ${paths.join(', ')}`;
  return [{ type: 'text', text: words }, ...blocks];
}
