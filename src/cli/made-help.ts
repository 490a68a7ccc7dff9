/**
 * What each command prints for `--help`, by its words, laid out for `madeFor` columns. The build fills it in from what
 * commander prints (scripts/made-help.mjs): a command's help then needs no file but the program's own. Run from source,
 * it is empty and commander answers.
 */
export const madeHelp: Readonly<Record<string, string>> = {};

export const madeFor = 80;
