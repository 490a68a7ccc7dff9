// Makes one executable: current LTS runtime, the program, the store's writer thread and the SQLite addon in one file.
// What it downloads and compiles is kept under .cache/binary, so only the first build is slow.
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  cpSync,
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

/** The runtime inside the executable; published on npm as plain packages with headers. */
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

/** The folder of the runtime's package: bin/node and include/node. */
function runtimePackage() {
  const folder = join(cache, `node-${target}-${nodeVersion}`);
  if (existsSync(join(folder, 'package', 'package.json'))) return join(folder, 'package');
  const fresh = `${folder}.part`;
  rmSync(fresh, { recursive: true, force: true });
  mkdirSync(fresh, { recursive: true });
  console.log(`fetching node-${target}@${nodeVersion}`);
  const packed = execFileSync(
    'npm',
    ['pack', `node-${target}@${nodeVersion}`, '--pack-destination', fresh, '--silent'],
    {
      cwd: fresh,
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  run('tar', ['-xf', packed.toString().trim().split('\n').at(-1)], { cwd: fresh });
  rmSync(folder, { recursive: true, force: true });
  renameSync(fresh, folder);
  return join(folder, 'package');
}

/**
 * The runtime's headers for the addon. Since Node 24.19 `node::ObjectWrap` unregisters a clean-up hook in its destructor,
 * which aborts the process when an idle collection frees a statement of better-sqlite3 12; its own hook does that work.
 */
function addonHeaders(runtimeFolder) {
  const folder = join(cache, `headers-${nodeVersion}-${target}`);
  rmSync(folder, { recursive: true, force: true });
  cpSync(join(runtimeFolder, 'include'), join(folder, 'include'), { recursive: true });
  const file = join(folder, 'include', 'node', 'node_object_wrap.h');
  const text = readFileSync(file, 'utf8');
  writeFileSync(file, text.replace(/^\s*(Add|Remove)EnvironmentCleanupHook\(v8::Isolate.*$/gm, ''));
  return folder;
}

/** The addon compiled for that runtime. */
function addon(runtimeFolder) {
  const source = join(root, 'node_modules', 'better-sqlite3');
  const { version } = JSON.parse(readFileSync(join(source, 'package.json'), 'utf8'));
  const folder = join(cache, `better-sqlite3-${version}-node-${nodeVersion}-${target}`);
  const made = join(folder, 'build', 'Release', 'better_sqlite3.node');
  if (existsSync(made)) return made;
  console.log('compiling the SQLite addon (about a minute)');
  rmSync(folder, { recursive: true, force: true });
  cpSync(source, folder, { recursive: true, filter: (path) => path !== join(source, 'build') });
  // npm brings node-gyp along for scripts; it compiles for the headers it is given.
  const env = { ...process.env, npm_config_nodedir: addonHeaders(runtimeFolder), JOBS: '2' };
  run('npm', ['run', '--silent', 'build-release'], { cwd: folder, env });
  return made;
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
    define: { 'import.meta.url': '__ccImportMetaUrl', __CC_COMMIT__: JSON.stringify(commit()) },
    // Lazy imports become lazy requires of what is in the bundle.
    supported: { 'dynamic-import': false },
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
const runtimeFolder = runtimePackage();
const addonFile = addon(runtimeFolder);
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
