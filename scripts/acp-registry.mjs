// Writes src/agents/acp/registry-snapshot.ts from a copy of the ACP registry (https://github.com/agentclientprotocol/registry):
// { "agents": [{ "id", "name", "description", "repository", "distribution": { "npx" | "binary" } }] }.
// Usage: node scripts/acp-registry.mjs registry.json
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const [source] = process.argv.slice(2);
if (source === undefined) {
  console.error('usage: node scripts/acp-registry.mjs registry.json');
  process.exit(2);
}
const agents = JSON.parse(readFileSync(source, 'utf8'))
  .agents.map(entry)
  .sort((a, b) => (a.id < b.id ? -1 : 1));
const target = join(root, 'src/agents/acp/registry-snapshot.ts');
writeFileSync(
  target,
  `import type { RegistryAgent } from './catalogue.ts';

/**
 * Agents of the ACP registry (https://github.com/agentclientprotocol/registry, Apache-2.0), without versions, since what
 * is installed counts. Written by scripts/acp-registry.mjs.
 */
export const registryAgents: readonly RegistryAgent[] = ${JSON.stringify(agents)};
`,
);
const { status } = spawnSync('npx', ['biome', 'check', '--write', target], { cwd: root, stdio: 'inherit' });
process.exit(status ?? 1);

function entry({ id, name, description, repository, distribution }) {
  return { id, name, description, ...(repository ? { repository } : {}), ...launch(distribution) };
}

/** The package of npm, or the program of an archive; archives differ by platform, the program in them does not. */
function launch({ npx, binary }) {
  if (npx) return { npx: npx.package.replace(/(?<=.)@[^@/]*$/, ''), args: npx.args ?? [] };
  const [any] = Object.values(binary ?? {});
  if (any === undefined) throw new Error('an agent without a way to start it');
  return { program: any.cmd.replace(/^.*\//, '').replace(/\.exe$/, ''), args: any.args ?? [] };
}
