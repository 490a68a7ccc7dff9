import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
const place = 'madeHelp: Readonly<Record<string, string>> = {}';

/** Puts the help of all commands into src/cli/made-help.ts while the program is bundled. */
export const madeHelp = {
  name: 'made-help',
  setup(b) {
    b.onLoad({ filter: /[\\/]src[\\/]cli[\\/]made-help\.ts$/ }, async ({ path }) => {
      const source = await readFile(path, 'utf8');
      if (!source.includes(place)) throw new Error(`${path} has no place for the help`);
      const texts = JSON.stringify(await helpTexts());
      return { contents: source.replace(place, () => `madeHelp = ${texts}`), loader: 'ts' };
    });
  },
};

/** The help of every command, by its words, as commander makes it from the definitions in src/cli. */
export async function helpTexts() {
  const folder = join(root, 'node_modules', '.cache', 'cc-connect');
  const outfile = join(folder, `collect-help-${process.pid}.mjs`);
  try {
    await build({
      entryPoints: [join(root, 'scripts', 'collect-help.mjs')],
      outfile,
      bundle: true,
      packages: 'external',
      format: 'esm',
      platform: 'node',
      target: 'node20',
      logLevel: 'error',
    });
    const { collectHelp } = await import(pathToFileURL(outfile).href);
    return await collectHelp();
  } finally {
    await rm(outfile, { force: true });
  }
}
