// Makes one executable: current LTS runtime, the program, the store's writer thread and the SQLite addon in one file.
// What it downloads is kept under .cache/binary.
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { madeHelp } from './made-help.mjs';

/** The runtime inside the executable; published on npm as a plain package per system. */
const nodeVersion = '24.21.0';
const root = fileURLToPath(new URL('..', import.meta.url));
const require = createRequire(import.meta.url);
const target = `${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`;
const cache = join(root, '.cache', 'binary');
const out = join(root, 'dist', process.platform === 'win32' ? 'cc-connect.exe' : 'cc-connect');

/** Runs a tool; what it says is shown only when it fails. */
function run(command, args, options = {}) {
  try {
    execFileSync(command, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      maxBuffer: 64 * 1024 * 1024,
      ...options,
    });
  } catch (error) {
    process.stderr.write(error.stdout ?? '');
    process.stderr.write(error.stderr ?? '');
    throw new Error(`${command} ${args[0]} failed`, { cause: error });
  }
}

/** The folder of an npm package that only the executable holds, whatever Node this build runs on. */
function fetched(name, version) {
  const folder = join(cache, `${name}-${version}`);
  if (existsSync(join(folder, 'package', 'package.json'))) return join(folder, 'package');
  const fresh = `${folder}.part`;
  rmSync(fresh, { recursive: true, force: true });
  mkdirSync(fresh, { recursive: true });
  console.log(`fetching ${name}@${version}`);
  const flags = ['--pack-destination', fresh, '--silent'];
  const packed = execFileSync('npm', ['pack', `${name}@${version}`, ...flags], {
    cwd: fresh,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  run('tar', ['-xf', packed.toString().trim().split('\n').at(-1)], { cwd: fresh });
  rmSync(folder, { recursive: true, force: true });
  renameSync(fresh, folder);
  return join(folder, 'package');
}

/** `require` and `import.meta.url` as the program inside the executable knows them. */
const banner = `
const __ccImportMetaUrl = require('node:url').pathToFileURL(process.execPath).href;
const __non_webpack_require__ = (file) => { const addon = { exports: {} }; process.dlopen(addon, file); return addon.exports; };
`;

function commit() {
  try {
    const text = execFileSync('git', ['rev-parse', '--short=12', 'HEAD'], {
      cwd: root,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    return text.toString().trim();
  } catch {
    return 'unknown';
  }
}

async function bundle(entry, name) {
  const outfile = join(cache, name);
  await build({
    ...entry,
    outfile,
    bundle: true,
    format: 'cjs',
    platform: 'node',
    target: 'node24',
    minifySyntax: true,
    banner: { js: banner },
    // Nothing can be looked up beside the executable, so the package is inside.
    alias: { 'better-sqlite3-napi': sqlite },
    inject: [join(root, 'scripts', 'binary-sqlite.mjs')],
    define: { 'import.meta.url': '__ccImportMetaUrl', __CC_COMMIT__: JSON.stringify(commit()) },
    // Lazy imports become lazy requires of what is in the bundle.
    supported: { 'dynamic-import': false },
    plugins: [madeHelp],
    logLevel: 'error',
  });
  return outfile;
}

/** Written here instead of src/entries: it makes sense in this build only. */
const mainSource = `
import { binaryRuntime } from './src/cli/binary-runtime.ts';
import { installRuntime } from './src/kit/runtime.ts';
installRuntime(binaryRuntime());
import('./src/entries/cc-connect.ts');
`;

mkdirSync(cache, { recursive: true });
mkdirSync(join(root, 'dist'), { recursive: true });
const runtimeFolder = fetched(`node-${target}`, nodeVersion);
const { optionalDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const sqlite = fetched('better-sqlite3', optionalDependencies['better-sqlite3-napi'].split('@').at(-1));
// It speaks Node-API: the addon that the package brings along fits every runtime.
const addonFile = join(sqlite, 'prebuilds', `${process.platform}-${process.arch}.node`);
const main = await bundle({ stdin: { contents: mainSource, resolveDir: root, loader: 'ts' } }, 'main.cjs');
const writer = await bundle(
  { entryPoints: [join(root, 'src', 'entries', 'store-writer.ts')] },
  'store-writer.cjs',
);

const node = join(runtimeFolder, 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
const blob = join(cache, 'cc-connect.blob');
const config = join(cache, 'sea-config.json');
writeFileSync(
  config,
  JSON.stringify({
    main,
    output: blob,
    disableExperimentalSEAWarning: true,
    useCodeCache: true,
    assets: { 'store-writer.js': writer, 'better_sqlite3.node': addonFile },
  }),
);
chmodSync(node, 0o755);
run(node, ['--experimental-sea-config', config]);
const part = `${out}.part`;
copyFileSync(node, part);
chmodSync(part, 0o755);
run(process.execPath, [
  require.resolve('postject/dist/cli.js'),
  part,
  'NODE_SEA_BLOB',
  blob,
  '--sentinel-fuse',
  'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2',
  ...(process.platform === 'darwin' ? ['--macho-segment-name', 'NODE_SEA'] : []),
]);
if (process.platform === 'darwin') run('codesign', ['--sign', '-', part]);
renameSync(part, out);
console.log(`built ${out}`);
