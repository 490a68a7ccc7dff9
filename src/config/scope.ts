/** Which part of a config a path belongs to, and what goes out of service when something there is wrong. */

import { valueAt } from './findings.ts';
import { formatKey, type KeyPath } from './keypath.ts';
import type { ProblemScope } from './problem.ts';

/** Lists whose elements fail one by one. */
const ELEMENT_LISTS = new Set(['hooks', 'commands', 'aliases', 'providers']);
/** Lists of a project whose elements fail one by one. */
const PARTIAL_LISTS = new Set(['platforms', 'agents', 'agent_types', 'pins', 'model_routes']);
/** Sections that open a door: one wrong key closes the whole section. */
const GUARDED_SECTIONS = new Set(['webhook', 'bridge', 'management', 'audit']);

/** The project, platform or agent a path lies in. */
export function scopeOf(root: unknown, path: KeyPath): ProblemScope {
  if (path[0] !== 'projects' || typeof path[1] !== 'number') return 'file';
  const project = word(root, [...path.slice(0, 2), 'name']) ?? formatKey(path.slice(0, 2));
  if (path[2] === 'platforms' && typeof path[3] === 'number') {
    return { project, platform: word(root, [...path.slice(0, 4), 'type']) ?? formatKey(path.slice(2, 4)) };
  }
  if (path[2] === 'agent') return { project, agent: word(root, [...path.slice(0, 3), 'type']) ?? 'agent' };
  if ((path[2] === 'agents' || path[2] === 'agent_types') && typeof path[3] === 'number') {
    return { project, agent: word(root, [...path.slice(0, 4), 'type']) ?? formatKey(path.slice(2, 4)) };
  }
  return { project };
}

/** The smallest part that must go when the value at `path` is wrong. */
export function unitOf(root: unknown, path: KeyPath): KeyPath {
  const [section, index, list, element] = path;
  if (section === 'projects' && typeof index === 'number') {
    if (list === 'agent' && hasMoreAgents(root, path)) return path.slice(0, 3);
    const partial = typeof list === 'string' && PARTIAL_LISTS.has(list);
    return partial && typeof element === 'number' ? path.slice(0, 4) : path.slice(0, 2);
  }
  if (typeof section === 'string' && ELEMENT_LISTS.has(section) && typeof index === 'number')
    return path.slice(0, 2);
  if (typeof section === 'string' && GUARDED_SECTIONS.has(section)) return path.slice(0, 1);
  let unit = path;
  while (unit.length > 1 && valueAt(root, unit) === undefined) unit = unit.slice(0, -1);
  return unit;
}

/** Another agent can stand in for the project's first. */
export function hasMoreAgents(root: unknown, path: KeyPath): boolean {
  return ['agents', 'agent_types'].some((name) => {
    const list = valueAt(root, [...path.slice(0, 2), name]);
    return Array.isArray(list) && list.length > 0;
  });
}

function word(root: unknown, path: KeyPath): string | undefined {
  const value = valueAt(root, path);
  return typeof value === 'string' && value !== '' ? value : undefined;
}
