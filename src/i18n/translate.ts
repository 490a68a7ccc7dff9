import type { Language, Text } from './languages.ts';

export type Values = Readonly<Record<string, string | number>>;

/** Fills `{name}` places; a name without a value stays visible, so that a mistake shows. */
export function translate(text: Text, language: Language, values: Values = {}): string {
  return text[language].replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = values[name];
    return value === undefined ? whole : String(value);
  });
}
