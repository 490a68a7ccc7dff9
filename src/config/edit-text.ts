/** Changing a config text: comments, layout and `${VAR}` placeholders stay, and the result is proven before it is used. */
import { AppError } from '../core/errors.ts';
import { applyEdit } from './edit-apply.ts';
import { openDocument } from './edit-document.ts';
import { planEdits, withoutEmptiedLists, withoutEmptiedTables } from './edit-plan.ts';
import { EditRefused } from './edit-refused.ts';
import { parseToml, plain, sameToml, TomlSyntaxError, type TomlTable, withoutBom } from './toml.ts';

/** Changes the draft in place. It holds the raw file: placeholders are not replaced, defaults are not filled in. */
export type Mutate = (draft: TomlTable) => void;

/**
 * The text after `mutate`. Equal text when nothing changed.
 * Throws `AppError`: `config_syntax` when the text cannot be parsed, `config_edit_refused` when the change cannot be
 * made without losing comments or anything else; then nothing has been changed.
 */
export function editToml(text: string, mutate: Mutate): string {
  const before = read(text);
  const wanted = plain(before) as TomlTable;
  mutate(wanted);
  const after = plain(wanted) as TomlTable;
  withoutEmptiedLists(before, after);
  const mark = text.startsWith('\uFEFF') ? '\uFEFF' : '';
  let current = withoutBom(text);
  const dropped: string[] = [];
  try {
    for (const edit of planEdits(before, after)) {
      const applied = applyEdit(current, edit);
      current = applied.text;
      dropped.push(...applied.dropped);
    }
    const meanings = [after, withoutEmptiedTables(before, after)];
    verify(withoutBom(text), current, meanings, dropped);
  } catch (error) {
    throw refusal(error);
  }
  return mark + current;
}

function read(text: string): TomlTable {
  try {
    return parseToml(text);
  } catch (error) {
    if (!(error instanceof TomlSyntaxError)) throw error;
    throw new AppError('config_syntax', `line ${error.line}, column ${error.column}: ${error.message}`, {
      kind: 'validation',
      advice: 'repair the file first; cc-connect config check shows what is wrong',
      cause: error,
    });
  }
}

/** The result must mean exactly what was wanted (an emptied table may be gone), and hold every comment that did not go with something removed. */
function verify(
  before: string,
  after: string,
  meanings: readonly TomlTable[],
  dropped: readonly string[],
): void {
  const result = parseToml(after);
  if (!meanings.some((meaning) => sameToml(result, meaning))) {
    throw new EditRefused('the result would not mean what was asked');
  }
  const left = comments(after);
  for (const comment of dropped) left.push(comment);
  if (!sameToml(left.sort(), comments(before).sort())) throw new EditRefused('a comment would be lost');
}

function comments(text: string): string[] {
  return openDocument(text).program.comments.map((comment) => comment.value);
}

function refusal(error: unknown): AppError {
  if (error instanceof AppError) return error;
  const reason =
    error instanceof EditRefused ? error.message : 'the file has a form that cannot be edited safely';
  return new AppError('config_edit_refused', `the config file was left as it is: ${reason}`, {
    kind: 'permanent',
    advice: 'make this change in an editor',
    cause: error,
  });
}
