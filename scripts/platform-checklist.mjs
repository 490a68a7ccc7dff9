// Writes the checklists of docs/platforms/<platform>.md from the tests. Every platform with a features.json has one.
// Usage: node scripts/platform-checklist.mjs [--check] [platform …]
import { existsSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { checklist, chosen, put, read, settle, testsIn } from './checklist.mjs';

const folder = fileURLToPath(new URL('../test/platforms', import.meta.url));
const all = readdirSync(folder).filter((platform) => existsSync(`${folder}/${platform}/features.json`));

for (const platform of chosen(all)) {
  const page = `docs/platforms/${platform}.md`;
  const how = JSON.parse(read(`test/platforms/${platform}/features.json`));
  const table = checklist(how, testsIn(`test/platforms/${platform}`));
  settle(page, put(page, read(page), 'checklist', table), 'platform-checklist.mjs');
}
