/** Rules for the names of a project's agents, and for what refers to them. */
import type { Fail } from './cross-checks.ts';
import { formatKey, type KeyPath } from './keypath.ts';
import { nearest } from './nearest.ts';
import { isTable, type TomlTable, type TomlValue } from './toml.ts';

/** A name is written after `@` and as one word of a command. */
const NAME = /^[\p{L}\p{N}][\p{L}\p{N}_.-]{0,31}$/u;
/** Words that `/agent` understands otherwise. */
const RESERVED = new Set(['list', 'all']);

interface Named {
  readonly agent: TomlTable;
  readonly path: KeyPath;
}

/** Every agent has a name or alias of its own; platforms and pins name agents there are. */
export function checkAgentNames(project: TomlTable, path: KeyPath, fail: Fail): void {
  const agents = agentTables(project, path);
  const owner = new Map<string, KeyPath>();
  for (const { agent, path: at } of agents) {
    const named = typeof agent.name === 'string' && agent.name.trim() !== '';
    const name = word(named ? agent.name : agent.type);
    if (name !== undefined) claim(owner, name, at, [...at, named ? 'name' : 'type'], named, fail);
    list(agent.aliases).forEach((alias, index) => {
      const text = word(alias);
      if (text !== undefined) claim(owner, text, at, [...at, 'aliases', index], true, fail);
    });
  }
  const types = agents.flatMap(({ agent }) => word(agent.type) ?? []);
  const known = [...owner.keys(), ...types.map((type) => type.toLowerCase())];
  list(project.platforms).forEach((platform, at) => {
    const options = isTable(platform) ? platform.options : undefined;
    if (isTable(options))
      checkReference(options.agent, [...path, 'platforms', at, 'options', 'agent'], known, fail);
  });
  for (const key of ['pins', 'model_routes']) {
    list(project[key]).forEach((one, at) => {
      if (isTable(one)) checkReference(one.agent, [...path, key, at, 'agent'], known, fail);
    });
  }
}

/** `[projects.agent]`, `[[projects.agents]]` and the predecessor's name for those, in this order. */
export function agentTables(project: TomlTable, path: KeyPath): Named[] {
  const own = isTable(project.agent) ? [{ agent: project.agent, path: [...path, 'agent'] }] : [];
  const more = ['agents', 'agent_types'].flatMap((key) =>
    list(project[key]).flatMap((agent, at) => (isTable(agent) ? [{ agent, path: [...path, key, at] }] : [])),
  );
  return [...own, ...more];
}

function claim(
  owner: Map<string, KeyPath>,
  name: string,
  agent: KeyPath,
  path: KeyPath,
  chosen: boolean,
  fail: Fail,
): void {
  if (chosen && !NAME.test(name)) {
    fail(path, 'cannot be the name of an agent', {
      expected: 'letters, digits, "_", "." and "-", at most 32',
    });
    return;
  }
  if (RESERVED.has(name.toLowerCase())) {
    fail(path, 'means something else to /agent', { expected: 'another name' });
    return;
  }
  const other = owner.get(name.toLowerCase());
  if (other === undefined) owner.set(name.toLowerCase(), agent);
  else if (formatKey(other) !== formatKey(agent))
    fail(path, `means ${formatKey(other)} already`, {
      expected: chosen ? 'a name of its own' : 'a name = "…" of its own, as there are several of this type',
    });
}

function checkReference(
  value: TomlValue | undefined,
  path: KeyPath,
  known: readonly string[],
  fail: Fail,
): void {
  const name = word(value);
  if (name === undefined || known.includes(name.toLowerCase())) return;
  const suggestion = nearest(name, known);
  const more = suggestion === undefined ? {} : { suggestion };
  fail(path, 'names an agent this project does not have', {
    expected: `one of ${known.join(', ')}`,
    ...more,
  });
}

function word(value: TomlValue | undefined): string | undefined {
  const text = typeof value === 'string' ? value.trim() : '';
  return text === '' ? undefined : text;
}

function list(value: TomlValue | undefined): TomlValue[] {
  return Array.isArray(value) ? value : [];
}
