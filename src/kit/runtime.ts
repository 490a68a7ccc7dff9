import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Where a worker thread's program comes from: a file to load or source text for `new Worker(code, { eval: true })`. */
export type WorkerSource =
  | { readonly kind: 'file'; readonly url: URL }
  | { readonly kind: 'code'; readonly code: string };

/** How this program is running: from TypeScript (tests), from `dist/`, or as one executable. */
export interface Runtime {
  readonly kind: 'source' | 'dist' | 'binary';
  /** The program of a worker thread, by its entry name, e.g. `store-writer`. Throws when it was not built. */
  workerSource(name: string): WorkerSource;
  /** File of the SQLite addon, for `new Database(file, { nativeBinding })`; undefined: the package finds its own. */
  nativeBinding(): string | undefined;
  /** The command line that starts this very program again, e.g. `[node, dist/cc-connect.js]`; arguments follow. */
  selfCommand(): readonly string[];
}

let installed: Runtime | undefined;

/** Replaces the default; called once, first thing, by the single executable. */
export function installRuntime(runtime: Runtime): void {
  installed = runtime;
}

/** The running program's own surroundings. */
export function runtime(): Runtime {
  installed ??= fileRuntime(import.meta.url);
  return installed;
}

function fileRuntime(self: string): Runtime {
  const source = self.endsWith('.ts');
  // A chunk lies in dist/ or dist/test/; the TypeScript file in src/kit/.
  const folders = source ? ['../../dist/'] : ['./', '../'];
  const find = (file: string): URL | undefined =>
    folders.map((folder) => new URL(folder + file, self)).find((url) => existsSync(url));
  return {
    kind: source ? 'source' : 'dist',
    workerSource(name) {
      const url = find(`${name}.js`);
      if (!url) throw new Error(`${name}.js is missing beside ${fileURLToPath(self)}: run "npm run build"`);
      return { kind: 'file', url };
    },
    nativeBinding: () => undefined,
    selfCommand() {
      const url = find('cc-connect.js') ?? new URL(`${folders[0] ?? './'}cc-connect.js`, self);
      return [process.execPath, fileURLToPath(url)];
    },
  };
}
