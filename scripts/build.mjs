// Bundles src/ into dist/ with esbuild: one chunk graph, so that every lazy import stays lazy at run time.
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { lazyChildProcess, lazyCommonJs } from './lazy-commonjs.mjs';
import { dropUnusedBanner, keepAlone } from './lighten.mjs';
import { madeHelp } from './made-help.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const dist = join(root, 'dist');
const external = ['better-sqlite3', 'better-sqlite3-napi'];

// CommonJS dependencies inside an ES module bundle still ask for `require`, and one for `__dirname` while it loads.
const banner = {
  js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url); const __dirname = import.meta.dirname;",
};

/** The commit that is built, for --version; a source archive has none. */
function commit() {
  try {
    return execFileSync('git', ['rev-parse', '--short=12', 'HEAD'], {
      cwd: root,
      stdio: ['ignore', 'pipe', 'ignore'],
    })
      .toString()
      .trim();
  } catch {
    return 'unknown';
  }
}

/** Entries by output name. Each file under src/entries becomes dist/<name>.js; each under test/entries becomes dist/test/<name>.js. */
function entries(folder, prefix) {
  const dir = join(root, folder);
  if (!existsSync(dir)) return {};
  return Object.fromEntries(
    readdirSync(dir)
      .filter((f) => f.endsWith('.ts'))
      .map((f) => [prefix + f.replace(/\.ts$/, ''), join(dir, f)]),
  );
}

if (process.argv.includes('--clean')) rmSync(dist, { recursive: true, force: true });
const { metafile } = await build({
  entryPoints: { ...entries('src/entries', ''), ...entries('test/entries', 'test/') },
  outdir: dist,
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  sourcemap: 'linked',
  minifySyntax: true,
  // The engine keeps the text of what it runs: without comments and blanks it is half as long. Names stay, for traces.
  minifyWhitespace: true,
  lineLimit: 160,
  banner,
  define: { __CC_COMMIT__: JSON.stringify(commit()) },
  external,
  plugins: [lazyCommonJs(external), lazyChildProcess, madeHelp],
  logLevel: 'warning',
  metafile: true,
});
dropUnusedBanner(banner.js, metafile);
keepAlone(join(dist, 'cc-connect.js'), metafile);
