import { readFileSync, writeFileSync } from 'node:fs';
import { basename, resolve } from 'node:path';

/**
 * Takes out of the program's first file what the build puts into every file and this one does not use: the `banner` and
 * the import of esbuild's own functions. Each costs a client command a millisecond. Lines keep their numbers. Fails when
 * the file would still load another one before it does anything, or uses what it lost.
 */
export function lighten(file, banner, { outputs }) {
  const [, { imports }] = Object.entries(outputs).find(([name]) => resolve(name) === file);
  let light = readFileSync(file, 'utf8').replace(banner, '');
  for (const { kind, external, path } of imports) {
    if (kind !== 'import-statement' || external) continue;
    // Only the chunk of esbuild's functions is made of no source file.
    if (Object.keys(outputs[path].inputs).length > 0) throw new Error(`${file} loads ${path} at once`);
    light = light.replace(`import "./${basename(path)}";`, '');
  }
  const lost = /\brequire\b|\b__dirname\b|\bimport "\.|\b__(?:commonJS|esm|export|toESM|require)\b/.exec(
    light,
  );
  if (lost) throw new Error(`${file} uses ${lost[0]}`);
  writeFileSync(file, light);
}
