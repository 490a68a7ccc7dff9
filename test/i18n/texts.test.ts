import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { languages, type Text } from '../../src/i18n/languages.ts';

const source = fileURLToPath(new URL('../../src/', import.meta.url));
const folder = join(source, 'i18n', 'texts');

function filesIn(root: string): string[] {
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join(root, name));
}

const areaFiles = filesIn(folder);
const modules = await Promise.all(
  areaFiles.map(async (file) => [file, (await import(pathToFileURL(file).href)) as object] as const),
);

/** Every text of the product: where it stands, and what it says. */
const texts = modules.flatMap(([file, module]) =>
  Object.entries(module).flatMap(([area, entries]) =>
    Object.entries(entries as Record<string, Text>).map(
      ([key, text]) => [`${relative(folder, file)} ${area}.${key}`, text] as const,
    ),
  ),
);

function placeholders(text: string): string[] {
  return [...new Set([...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1] ?? ''))].sort();
}

describe('texts', () => {
  it('are found at all', () => {
    expect(areaFiles.length).toBeGreaterThan(5);
    expect(texts.length).toBeGreaterThan(100);
  });

  it('say something in every language', () => {
    const missing = texts.flatMap(([where, text]) =>
      languages.filter((language) => !text[language]?.trim()).map((language) => `${where} ${language}`),
    );
    expect(missing).toEqual([]);
  });

  it('exist in no other language', () => {
    const known = new Set<string>(languages);
    const odd = texts.filter(([, text]) => Object.keys(text).some((language) => !known.has(language)));
    expect(odd.map(([where]) => where)).toEqual([]);
  });

  it('have the same places to fill in in every language', () => {
    const different = texts.flatMap(([where, text]) => {
      const wanted = placeholders(text.en).join();
      return languages
        .filter((language) => placeholders(text[language]).join() !== wanted)
        .map((language) => `${where} ${language}`);
    });
    expect(different).toEqual([]);
  });

  it('are really translated: the same sentence never stands in all languages', () => {
    const same = texts.filter(([, text]) => {
      const words = text.en.replace(/\{\w+\}/g, '').match(/\p{L}{4,}/gu) ?? [];
      return words.length > 2 && new Set(languages.map((language) => text[language])).size === 1;
    });
    expect(same.map(([where]) => where)).toEqual([]);
  });

  it('are all used somewhere', () => {
    const code = filesIn(source)
      .filter((file) => !file.startsWith(folder))
      .map((file) => readFileSync(file, 'utf8'));
    const unused = modules.flatMap(([file, module]) =>
      Object.entries(module).flatMap(([area, entries]) => {
        const users = code.filter((text) => text.includes(area));
        if (users.length === 0) return [`${relative(folder, file)} ${area}`];
        return Object.keys(entries as object)
          .filter((key) => !users.some((text) => new RegExp(`\\b${key}\\b`).test(text)))
          .map((key) => `${relative(folder, file)} ${area}.${key}`);
      }),
    );
    expect(unused).toEqual([]);
  });
});
