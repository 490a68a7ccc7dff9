// npm start: builds when dist is missing or older than the sources, then runs cc-connect with the given arguments.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const program = join(root, 'dist', 'cc-connect.js');

/** Newest change below a folder, in ms. */
function newest(path) {
  const info = statSync(path);
  if (!info.isDirectory()) return info.mtimeMs;
  return Math.max(info.mtimeMs, ...readdirSync(path).map((name) => newest(join(path, name))));
}

function isStale() {
  if (!existsSync(program)) return true;
  const built = statSync(program).mtimeMs;
  return ['src', 'package.json', 'scripts/build.mjs'].some((path) => newest(join(root, path)) > built);
}

if (isStale()) {
  const built = spawnSync(process.execPath, [join(root, 'scripts', 'build.mjs')], { stdio: 'inherit' });
  if (built.status !== 0) process.exit(built.status ?? 1);
}
// In this very process, so that signals and the terminal are the program's own.
process.argv.splice(1, 1, program);
await import(pathToFileURL(program).href);
