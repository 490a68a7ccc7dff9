import { readFileSync, writeFileSync } from 'node:fs';
import { basename, resolve } from 'node:path';

const used = /\brequire\b|\b__dirname\b/;

/** Takes the `banner` out of every file that does not use it: each would make a `require` of its own as it loads. */
export function dropUnusedBanner(banner, { outputs }) {
  for (const name of Object.keys(outputs)) {
    if (!name.endsWith('.js')) continue;
    // The lines keep their numbers, for the source maps.
    const rest = readFileSync(name, 'utf8').replace(banner, '');
    if (!used.test(rest)) writeFileSync(name, rest);
  }
}

/**
 * Takes out of the program's first file the import of esbuild's own functions, which every file has and this one does
 * not use: a file less to read for a client command. Fails when it would still load another one before it does anything.
 */
export function keepAlone(file, { outputs }) {
  const [, { imports }] = Object.entries(outputs).find(([name]) => resolve(name) === file);
  let alone = readFileSync(file, 'utf8');
  for (const { kind, external, path } of imports) {
    if (kind !== 'import-statement' || external) continue;
    // Only the chunk of esbuild's functions is made of no source file.
    if (Object.keys(outputs[path].inputs).length > 0) throw new Error(`${file} loads ${path} at once`);
    alone = alone.replace(new RegExp(`import ?"\\./${basename(path)}";`), '');
  }
  const lost = /\brequire\b|\b__dirname\b|\bimport ?"\.|\b__(?:commonJS|esm|export|toESM|require)\b/.exec(
    alone,
  );
  if (lost) throw new Error(`${file} uses ${lost[0]}`);
  writeFileSync(file, alone);
}
