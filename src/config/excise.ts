/** Taking the broken parts out of a config, so that the rest can be used. Elements keep their place in the file. */

import { agentTables } from './agent-names.ts';
import { findingOf, valueAt } from './findings.ts';
import { formatKey, type KeyPath, parseKey } from './keypath.ts';
import type { Finding } from './problem.ts';
import { type Config, configSchema } from './schema/root.ts';
import { hasMoreAgents, scopeOf, unitOf } from './scope.ts';
import { isTable, plain, type TomlTable } from './toml.ts';

export interface Excised {
  readonly config: Config | undefined;
  readonly findings: readonly Finding[];
}

/** More rounds would mean that taking something out breaks something else without end. */
const MAX_ROUNDS = 8;

/**
 * Validates `raw`, takes out what is wrong and validates again until the rest is right.
 * `condemned` are parts found wrong elsewhere, as paths into `raw`.
 */
export function excise(raw: TomlTable, condemned: readonly KeyPath[]): Excised {
  const work = plain(raw) as TomlTable;
  markElements(work);
  const findings: Finding[] = [];
  let wrong: readonly KeyPath[] = condemned;
  for (let round = 0; round < MAX_ROUNDS; round++) {
    // Until the parts known to be wrong are out, places must stay what they are in the file.
    if (wrong.length === 0) appointAgents(work);
    const result = configSchema.safeParse(work);
    if (result.success && wrong.length === 0) return { config: result.data, findings };
    const issues = (result.error?.issues ?? []).map((issue) => ({
      ...issue,
      path: issue.path.filter((part): part is string | number => typeof part !== 'symbol'),
    }));
    const paths = issues
      .filter(({ path }) => !isAppointedLater(work, path))
      .map((issue) => {
        const { path } = issue;
        const inFile = filePath(work, path);
        const finding = findingOf(issue, work, [], scopeOf(work, path));
        findings.push({
          ...finding,
          key: formatKey(inFile),
          severity: path[0] === 'hooks' ? 'warning' : 'error',
        });
        return path;
      });
    remove(
      work,
      [...wrong, ...paths].map((path) => unitOf(work, path)),
    );
    wrong = [];
  }
  return { config: undefined, findings };
}

/** A project without `[projects.agent]` begins with the first of its list. */
function appointAgents(work: TomlTable): void {
  for (const project of Array.isArray(work.projects) ? work.projects : []) {
    if (!isTable(project) || project.agent !== undefined) continue;
    const lists = [project.agents, project.agent_types].filter((list) => Array.isArray(list));
    const first = lists.find((list) => list.length > 0)?.shift();
    if (first !== undefined) project.agent = first;
  }
}

/** A missing `[projects.agent]` that `appointAgents` will find in the list. */
function isAppointedLater(work: TomlTable, path: KeyPath): boolean {
  const isAgent = path.length === 3 && path[0] === 'projects' && path[2] === 'agent';
  return isAgent && valueAt(work, path) === undefined && hasMoreAgents(work, path);
}

/** Writes each element's place into it, because removing elements moves the ones behind. */
function markElements(work: TomlTable): void {
  const mark = (table: unknown, list: string, path: KeyPath): void => {
    const elements = isTable(table) ? table[list] : undefined;
    if (!Array.isArray(elements)) return;
    elements.forEach((element, at) => {
      if (isTable(element)) element.at = formatKey([...path, list, at]);
    });
  };
  for (const list of ['projects', 'providers', 'commands', 'aliases']) mark(work, list, []);
  const projects = Array.isArray(work.projects) ? work.projects : [];
  projects.forEach((project, at) => {
    if (!isTable(project)) return;
    for (const list of ['platforms', 'agents', 'agent_types']) mark(project, list, ['projects', at]);
    for (const list of ['pins', 'model_routes']) mark(project, list, ['projects', at]);
    if (isTable(project.agent)) project.agent.at = formatKey(['projects', at, 'agent']);
    for (const { agent, path } of agentTables(project, ['projects', at])) mark(agent, 'providers', path);
  });
}

/** The place in the file of a path into what is left. */
function filePath(work: TomlTable, path: KeyPath): KeyPath {
  for (let length = path.length; length > 0; length--) {
    const node = valueAt(work, path.slice(0, length));
    if (isTable(node) && typeof node.at === 'string' && node.at !== '') {
      return [...parseKey(node.at), ...path.slice(length)];
    }
  }
  return path;
}

/** Removes parts, deepest and last first, so that the paths of the others stay right. */
function remove(work: TomlTable, units: readonly KeyPath[]): void {
  const unique = [...new Map(units.map((unit) => [formatKey(unit), unit])).values()];
  unique.sort((a, b) => b.length - a.length || compareIndexes(b, a));
  for (const unit of unique) {
    const parent = valueAt(work, unit.slice(0, -1));
    const last = unit.at(-1);
    if (Array.isArray(parent) && typeof last === 'number') parent.splice(last, 1);
    else if (isTable(parent) && typeof last === 'string') delete parent[last];
  }
}

function compareIndexes(a: KeyPath, b: KeyPath): number {
  for (let at = 0; at < a.length; at++) {
    const left = a[at];
    const right = b[at];
    if (typeof left === 'number' && typeof right === 'number' && left !== right) return left - right;
  }
  return 0;
}
