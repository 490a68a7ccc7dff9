import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { commandReference } from '../../src/features/commands/reference.ts';
import { coreCommands } from '../../src/features/commands/table.ts';

const src = fileURLToPath(new URL('../../src/', import.meta.url));
/** Layers whose files are listed one by one; the others are listed by folder. */
const byFile = ['core', 'store', 'engine', 'app', 'servers/local', 'kit', 'i18n'];

/** The generated parts of docs/architecture.md, by the name of their markers. */
export function architectureTables(): Record<string, string> {
  return { commands: commandReference(coreCommands).trim(), modules: byFile.map(moduleTable).join('\n\n') };
}

function moduleTable(layer: string): string {
  const files = readdirSync(join(src, layer), { withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts') && !entry.name.endsWith('.d.ts'))
    .map((entry) => entry.name)
    .sort();
  const rows = files.map(
    (file) => `| \`${file}\` | ${purposeOf(file, readFileSync(join(src, layer, file), 'utf8'))} |`,
  );
  return [`**src/${layer}/**`, '', '| module | what it is |', '|---|---|', ...rows].join('\n');
}

/**
 * The first sentence of the comment that the file begins with, else about what it is named for, else about its first
 * class or function, else its first.
 */
function purposeOf(file: string, text: string): string {
  const stem = file.replace('.ts', '').replaceAll('-', '').toLowerCase();
  const comments = [
    ...text.matchAll(
      /\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\s*(?:export\s+(?:async\s+)?(class|function|interface|type|const)\s+(\w+))?/g,
    ),
  ];
  const main =
    comments.find((match) => match.index === 0 && /^(import|$)/.test(below(text, match[0]))) ??
    comments.find((match) => match[3]?.toLowerCase() === stem) ??
    comments.find((match) => match[2] === 'class') ??
    comments.find((match) => match[2] === 'function') ??
    comments.find((match) => match[2]) ??
    comments[0];
  const plain = (main?.[1] ?? '')
    .replace(/^\s*\*\s?/gm, ' ')
    .replace(/\s+/g, ' ')
    .trim();
  const sentence = /^.*?[.;](?=\s|$)/.exec(plain)?.[0] ?? plain;
  return sentence.replace(/[.;]$/, '').replaceAll('|', '\\|') || 'types';
}

/** The line right below a comment that a text begins with. */
function below(text: string, matched: string): string {
  const end = matched.indexOf('*/') + '*/'.length;
  return text.slice(end).split('\n')[1] ?? '';
}

/** Puts the tables between their markers. */
export function withTables(page: string, tables: Record<string, string>): string {
  return Object.entries(tables).reduce((text, [name, table]) => {
    const [open, close] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
    const from = text.indexOf(open);
    const to = text.indexOf(close);
    if (from === -1 || to === -1) throw new Error(`docs/architecture.md has no ${open} … ${close}`);
    return `${text.slice(0, from + open.length)}\n${table}\n${text.slice(to)}`;
  }, page);
}
