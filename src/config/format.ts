/** Tidying a config text: comments, keys and values stay as they are. */
import { AppError } from '../core/errors.ts';
import { type Document, firstLine, lineEnd, lineStart, openDocument } from './edit-document.ts';
import { editToml } from './edit-text.ts';
import { isTable, parseToml, sameToml, type TomlTable } from './toml.ts';

/**
 * Removes empty sections, collapses blank lines, puts one blank line before each header and its comments, and ends the
 * file with one line break. Throws `AppError` (`config_syntax`, `config_edit_refused`) on text it cannot work with.
 */
export function formatConfig(text: string): string {
  const slim = editToml(text, dropEmptySections);
  const mark = slim.startsWith('\uFEFF') ? '\uFEFF' : '';
  const formatted = layOut(slim.slice(mark.length));
  if (!sameToml(parseToml(slim), parseToml(formatted))) {
    throw new AppError(
      'config_edit_refused',
      'the config file was left as it is: formatting would change its meaning',
    );
  }
  return mark + formatted;
}

/** Sections without a key say nothing; elements of lists and `options` of adapters are kept. */
function dropEmptySections(table: TomlTable): void {
  for (const [key, value] of Object.entries(table)) {
    if (isTable(value)) {
      dropEmptySections(value);
      if (Object.keys(value).length === 0) delete table[key];
    } else if (Array.isArray(value)) for (const item of value) if (isTable(item)) dropEmptySections(item);
  }
}

function layOut(text: string): string {
  const doc = openDocument(text);
  const headerStarts = new Set(doc.tables.map((table) => firstLine(doc, table)));
  const fixed = linesInsideValues(doc);
  const out: string[] = [];
  for (let line = 1; line <= doc.lines.length; line++) {
    const raw = doc.text.slice(lineStart(doc, line), lineEnd(doc, line)).replace(/\r?\n$/, '');
    if (fixed.has(line)) {
      out.push(raw);
      continue;
    }
    const clean = raw.trimEnd();
    const blankBefore = out.length === 0 || out.at(-1) === '';
    if (clean === '' && blankBefore) continue;
    if (headerStarts.has(line) && !blankBefore) out.push('');
    out.push(clean);
  }
  while (out.at(-1) === '') out.pop();
  return out.length === 0 ? '' : out.join(doc.newline) + doc.newline;
}

/** Lines that belong to a value of several lines: their blanks may be part of it. */
function linesInsideValues(doc: Document): Set<number> {
  const lines = new Set<number>();
  for (const { node } of doc.pairs) {
    const { start, end } = node.value.loc;
    if (end.line > start.line) for (let line = start.line; line <= end.line; line++) lines.add(line);
  }
  return lines;
}
