// Tables of docs pages made from the tests: which feature is proved where.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** A file of the project, by its path from the root. */
export const read = (path) => readFileSync(join(root, path), 'utf8');

/** Test files of a folder, as pairs of folder and name. */
export const testsIn = (folder) =>
  readdirSync(join(root, folder))
    .filter((file) => file.endsWith('.test.ts'))
    .map((file) => [folder, file]);

/**
 * Tests register what they prove in their titles: `[feature: one, another] what happens`. `how` tells how each feature
 * works; one that a test for all adapters proves names that test: `{ how, shared: { file: title } }`.
 */
export function checklist(how, files) {
  const tests = new Map(Object.keys(how).map((feature) => [feature, sharedProofs(how[feature])]));
  for (const [folder, file] of files) {
    for (const [, features, title] of read(`${folder}/${file}`).matchAll(
      /\[feature: ([^\]]+)\]\s*([^'"`\n]*)/g,
    )) {
      const what = `${folder.replace('test/', '')}/${file.replace('.test.ts', '')}${title ? `: ${title.trim()}` : ''}`;
      for (const feature of features.split(', ')) {
        if (!tests.has(feature)) fail(`${file} proves "${feature}", which features.json does not explain`);
        tests.get(feature).push(what);
      }
    }
  }
  for (const [feature, proofs] of tests) if (proofs.length === 0) fail(`no test proves "${feature}"`);
  const rows = [...tests].map(
    ([feature, proofs]) =>
      `| ${feature} | ${cell(how[feature].how ?? how[feature])} | ${proofs.map(cell).join('<br>')} |`,
  );
  return ['| Feature | How | Tests |', '|---|---|---|', ...rows].join('\n');
}

function sharedProofs({ shared = {} }) {
  return Object.entries(shared).map(([file, title]) => {
    const path = [`test/${file}.test.ts`, `test/${file}.ts`].find((one) => existsSync(join(root, one)));
    if (!path || !read(path).includes(`'${title}'`)) fail(`test/${file} has no test "${title}"`);
    return `${file}: ${title}`;
  });
}

/** The page with another table in the named place. */
export function put(page, text, name, table) {
  const [start, end] = [`<!-- ${name}:start -->`, `<!-- ${name}:end -->`];
  const from = text.indexOf(start);
  const to = text.indexOf(end);
  if (from < 0 || to < from) fail(`${page} has no place for the ${name}`);
  return `${text.slice(0, from + start.length)}\n${table}\n${text.slice(to)}`;
}

/** Writes a page, or with `--check` fails when it is not as it should be. */
export function settle(page, text, script) {
  if (!process.argv.includes('--check')) writeFileSync(join(root, page), text);
  else if (text !== read(page)) fail(`${page} is out of date; run: node scripts/${script}`);
}

/** What the command line names, else all. */
export function chosen(all) {
  const named = process.argv.slice(2).filter((argument) => !argument.startsWith('--'));
  return named.length > 0 ? named : all;
}

export function cell(text) {
  return text.replaceAll('|', '\\|').replaceAll('\\n', ' ');
}

export function fail(message) {
  console.error(message);
  process.exit(1);
}
