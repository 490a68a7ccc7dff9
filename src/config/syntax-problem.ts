/** What to say about text that is not TOML. */
import { parseTOML } from 'toml-eslint-parser';
import type { Problem } from './problem.ts';
import { type TomlSyntaxError, withoutBom } from './toml.ts';

/**
 * One parser says best what is wrong, the other where: a second look at the text gives the exact column when both
 * stop on the same line. Quotes nothing of the text.
 */
export function syntaxProblem(error: TomlSyntaxError, text: string, file: string): Problem {
  const second = secondLook(text);
  const unclear = /^Unknown character/.test(error.message);
  const reason = unclear && second ? second.message : error.message;
  const place = second && (unclear || second.line === error.line) ? second : error;
  const problem: Problem = {
    severity: 'error',
    file,
    line: place.line,
    column: place.column,
    key: '',
    message: `not valid TOML: ${reason}`,
    scope: 'file',
  };
  const hint = hintFor(reason);
  return hint === undefined ? problem : { ...problem, expected: hint };
}

function hintFor(reason: string): string | undefined {
  if (/escape|unicode sequence/i.test(reason))
    return `single quotes around text with backslashes, like 'C:\\Users'`;
  if (/redefine|multiple times/i.test(reason))
    return 'each key and each [section] once; [[section]] for lists';
  if (/expecting string, number|boolean, expected/.test(reason)) return 'quotes around text, like "text"';
  return undefined;
}

function secondLook(text: string): { line: number; column: number; message: string } | undefined {
  try {
    parseTOML(withoutBom(text));
    return undefined; // only one of the two parsers objects
  } catch (error) {
    const { lineNumber, column, message } = error as {
      lineNumber?: unknown;
      column?: unknown;
      message?: unknown;
    };
    if (typeof lineNumber !== 'number' || typeof column !== 'number' || typeof message !== 'string')
      return undefined;
    return { line: lineNumber, column: column + 1, message };
  }
}
