import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

export interface BundledProgram {
  /** Absolute path of a script for `node`. */
  readonly path: string;
  remove(): Promise<void>;
}

/** Bundles one entry (path from the repository's root) into a folder of its own, so that tests need no build before. */
export async function bundleProgram(entry: string): Promise<BundledProgram> {
  const folder = await mkdtemp(join(tmpdir(), 'cc-program-'));
  const path = join(folder, 'program.mjs');
  await build({
    entryPoints: [fileURLToPath(new URL(`../../../${entry}`, import.meta.url))],
    outfile: path,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    logLevel: 'error',
  });
  return { path, remove: () => rm(folder, { recursive: true, force: true }) };
}
