/** Building blocks of the config schema. */
import * as z from 'zod';

// zod would write and compile a program for each object it parses. A configuration is parsed once: that takes 2 MB and
// more time than it saves. Every file of the schema imports this one before it makes an object.
z.config({ jitless: true });

/** A whole number of 0 or more. */
export const count = () => z.int().min(0);

/** A number of minutes or seconds, 0 or more. */
export const duration = count;

/** A TCP port; 0 stands for the default. */
export const port = (fallback: number) =>
  z
    .int()
    .min(0)
    .max(65535)
    .default(fallback)
    .transform((value) => (value === 0 ? fallback : value));

/** One of a few words. Case and surrounding blanks do not matter; empty text counts as unset. */
export function choice<const T extends readonly [string, ...string[]]>(words: T) {
  return z.preprocess((value) => {
    if (typeof value !== 'string') return value;
    const text = value.trim().toLowerCase();
    return text === '' ? undefined : text;
  }, z.enum(words).optional());
}

/** Like `choice`, with the value used when unset. */
export function choiceOr<const T extends readonly [string, ...string[]]>(words: T, fallback: T[number]) {
  return choice(words).transform((value): T[number] => value ?? fallback);
}

/** Text with a default that also stands in for empty text. */
export const textOr = (fallback: string) =>
  z
    .string()
    .default(fallback)
    .transform((value) => (value === '' ? fallback : value));

/** Text that must not be empty. */
export const required = () => z.string().trim().min(1);

export const strings = () => z.array(z.string()).default(() => []);

export const stringMap = () => z.record(z.string(), z.string()).default(() => ({}));

/** Options of an adapter: any TOML data; the adapter's own schema reads them. */
export const openOptions = () => z.record(z.string(), z.unknown()).default(() => ({}));

/** Where an element stands in the file, for example `projects[0]`; put there by the loader. */
export const at = () => z.string().default('');
