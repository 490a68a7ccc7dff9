import { randomUUID } from 'node:crypto';
import { readFile, rename, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { INVALID_PARAMS, insideOf, refusal } from './confinement.ts';
import { number, text, type Wire } from './wire.ts';

/** Largest file handed to the agent, in bytes. */
const MAX_BYTES = 16 * 1024 * 1024;

/**
 * Reads and writes text files for the agent, confined to one folder. Links are resolved first, so a link inside
 * the folder does not lead out of it.
 */
export class ClientFiles {
  readonly #root: string;

  /** @param root absolute path of the work dir */
  constructor(root: string) {
    this.#root = root;
  }

  /** `fs/read_text_file {path, line?, limit?}`; `line` counts from 1. */
  async read(params: Wire): Promise<{ content: string }> {
    const path = await insideOf(this.#root, text(params.path));
    const info = await stat(path);
    if (!info.isFile()) throw await refusal(INVALID_PARAMS, 'Not a regular file');
    if (info.size > MAX_BYTES)
      throw await refusal(INVALID_PARAMS, 'The file is too large to be read at once');
    const content = await readFile(path, 'utf8');
    const line = number(params.line);
    const limit = number(params.limit);
    if (line === undefined && limit === undefined) return { content };
    const from = Math.max(0, (line ?? 1) - 1);
    const lines = content.split('\n').slice(from, limit === undefined ? undefined : from + limit);
    return { content: lines.join('\n') };
  }

  /** `fs/write_text_file {path, content}`; replaces the file as a whole and keeps its mode. */
  async write(params: Wire): Promise<Record<string, never>> {
    const content = text(params.content);
    if (content === undefined) throw await refusal(INVALID_PARAMS, 'content is missing');
    const path = await insideOf(this.#root, text(params.path), true);
    const mode = await stat(path).then(
      (info) => info.mode,
      () => undefined, // A new file gets the default mode.
    );
    const part = join(dirname(path), `.${basename(path)}.${randomUUID().slice(0, 8)}`);
    await writeFile(part, content, mode === undefined ? { flag: 'wx' } : { flag: 'wx', mode });
    await rename(part, path);
    return {};
  }
}
