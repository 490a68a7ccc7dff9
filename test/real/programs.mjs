// The pinned agent CLIs of the real-agent suite: programs.json names package, version and the program inside.
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const LIST = 'test/real/programs.json';
/** The root of the repository, wherever this file is bundled to. */
export const repository = rootAbove(dirname(fileURLToPath(import.meta.url)));
const targets = {
  'linux-x64': 'x86_64-unknown-linux-musl',
  'linux-arm64': 'aarch64-unknown-linux-musl',
  'darwin-x64': 'x86_64-apple-darwin',
  'darwin-arm64': 'aarch64-apple-darwin',
};

/**
 * Every pinned program, in the order of the file.
 * `always`: tested in every run; the others only with `--all`.
 * `adapter`: the type that drives it, where that is not the agent's own name.
 * `needs`: the package of another entry that must stand beside it (a Node of its own, say).
 *
 * @typedef {{ agent: string, package: string, version: string, program: string, always: boolean, adapter?: string, needs?: string }} Program
 * @returns {Program[]}
 */
export function programs() {
  return JSON.parse(readFileSync(join(repository, LIST), 'utf8'));
}

/**
 * Those of them that are agents, without what others only need to run (a newer Node, say).
 * @returns {Program[]}
 */
export function agentPrograms() {
  const all = programs();
  return all.filter(({ package: name }) => !all.some(({ needs }) => needs === name));
}

/**
 * What a run over `chosen` leaves out: agents by their name, and versions of agents that it tests in others only.
 * @param {readonly Program[]} chosen
 */
export function untested(chosen) {
  const tested = new Set(chosen.map(({ agent }) => agent));
  const names = agentPrograms()
    .filter((one) => !chosen.some((other) => nameOf(other) === nameOf(one)))
    .map(({ agent, version }) => (tested.has(agent) ? `${agent} ${version}` : agent));
  return [...new Set(names)];
}

/** The variable by which a run tells its tests which programs it is about. */
export const UNDER_TEST = 'CC_AGENTS_UNDER_TEST';

/**
 * @param {readonly Program[]} chosen
 */
export function underTest(chosen) {
  return chosen.map(nameOf).join(' ');
}

/**
 * The versions of a package that this run is about: those it chose, by default all that are pinned.
 * @param {string} packageName
 */
export function testedVersions(packageName) {
  const chosen = process.env[UNDER_TEST]?.split(' ');
  return programs()
    .filter((one) => one.package === packageName && (chosen === undefined || chosen.includes(nameOf(one))))
    .map(({ version }) => version);
}

/**
 * The agent a file of test/real belongs to: the one whose name its own begins with; undefined for files of none.
 * @param {string} file
 */
export function ownerOf(file) {
  const names = [...new Set(agentPrograms().map(({ agent }) => agent))].sort((a, b) => b.length - a.length);
  return names.find((name) => file.startsWith(`${name}.`) || file.startsWith(`${name}-`));
}

/**
 * The folder a program is installed into.
 * @param {Program} program
 */
export function folderOf(program) {
  return join(repository, '.cache', 'agents', `${program.package.split('/').at(-1)}-${program.version}`);
}

/**
 * Where the program lies once installed.
 * @param {Program} program
 */
export function pathOf(program) {
  const platform = `${process.platform}-${process.arch}`;
  const inside = program.program
    .replace('{platform}', platform)
    .replace('{target}', targets[platform] ?? platform);
  return join(folderOf(program), 'node_modules', inside);
}

/**
 * How an installed program is started: by its path, behind the program it needs.
 * @param {string} packageName
 * @param {string} [version]
 * @returns {string[]}
 */
export function programCommand(packageName, version) {
  const path = programPath(packageName, version);
  const { needs } = pinned(packageName, version);
  return needs === undefined ? [path] : [programPath(needs), path];
}

/**
 * Path of an installed program; the first pinned version unless one is named.
 * @param {string} packageName
 * @param {string} [version]
 * @throws Error when `npm run test:agents` has not installed it
 */
export function programPath(packageName, version) {
  const path = pathOf(pinned(packageName, version));
  if (!existsSync(path)) throw new Error(`${path} is not installed; run: npm run test:agents -- --all`);
  return path;
}

/**
 * @param {string} packageName
 * @param {string} [version]
 */
function pinned(packageName, version) {
  const found = programs().find(
    (one) => one.package === packageName && (version === undefined || one.version === version),
  );
  if (found === undefined)
    throw new Error(`test/real/programs.json does not name ${packageName} ${version ?? ''}`);
  return found;
}

/**
 * @param {Program} program
 */
function nameOf({ package: name, version }) {
  return `${name}@${version}`;
}

/**
 * @param {string} folder
 * @returns {string}
 */
function rootAbove(folder) {
  if (existsSync(join(folder, LIST))) return folder;
  if (folder === dirname(folder)) throw new Error(`${LIST} was not found`);
  return rootAbove(dirname(folder));
}
