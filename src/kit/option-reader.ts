/** Reading the open options record of an adapter. */
import { describeError } from '../core/errors.ts';
import { type OptionIssue, OptionsError } from '../core/options.ts';
import { checkEndpoint } from './endpoint.ts';

export type RawOptions = Readonly<Record<string, unknown>>;

/**
 * The options of one adapter as the file has them. It gives nothing out that is not among the names the adapter
 * declares, and collects what is wrong: a wrong value reads like one that is not set.
 */
export class OptionReader<in K extends string> {
  readonly issues: OptionIssue[] = [];
  readonly #raw: RawOptions;
  readonly #names: ReadonlySet<string>;

  constructor(names: readonly string[], raw: RawOptions) {
    this.#raw = raw;
    this.#names = new Set(names);
  }

  /** Undefined when it is not set. */
  value(key: K): unknown {
    if (!this.#names.has(key)) throw new TypeError(`the adapter does not declare its option "${key}"`);
    return this.#raw[key] ?? undefined;
  }

  /** As it is written; empty counts as not set. */
  text(key: K): string | undefined {
    const value = this.value(key);
    if (value === undefined || typeof value === 'string') return value || undefined;
    return this.wrong(key, 'must be text in quotes');
  }

  /** The same without blanks around it. */
  word(key: K): string | undefined {
    return this.text(key)?.trim() || undefined;
  }

  flag(key: K): boolean | undefined {
    const value = this.value(key);
    if (value === undefined || typeof value === 'boolean') return value;
    return this.wrong(key, 'must be true or false');
  }

  /** A number of 0 or more. */
  amount(key: K): number | undefined {
    const value = this.#number(key);
    if (value === undefined || (typeof value === 'number' && Number.isFinite(value) && value >= 0))
      return value;
    return this.wrong(key, 'must be a number of 0 or more');
  }

  whole(key: K, least: number, most = Number.MAX_SAFE_INTEGER): number | undefined {
    const value = this.#number(key);
    if (value === undefined) return undefined;
    if (typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most) return value;
    const bounds = most === Number.MAX_SAFE_INTEGER ? `of at least ${least}` : `from ${least} to ${most}`;
    return this.wrong(key, `must be a whole number ${bounds}`);
  }

  /** One of these words, letter case and the kind of dash aside; the first of them when it is not set. */
  choice<T extends string>(key: K, choices: readonly [T, ...T[]]): T {
    const plain = (word: string) => word.toLowerCase().replaceAll('_', '-');
    const given = this.word(key);
    if (given === undefined) return choices[0];
    const chosen = choices.find((choice) => plain(choice) === plain(given));
    if (chosen === undefined) this.wrong(key, `must be ${alternatives(choices)}`);
    return chosen ?? choices[0];
  }

  /** A list of texts; one text alone is split at `separator`. Without one only the empty text passes, as not set. */
  texts(key: K, separator?: string | RegExp): string[] | undefined {
    const value = this.value(key);
    if (value === undefined || (value === '' && separator === undefined)) return undefined;
    if (typeof value === 'string' && separator !== undefined) {
      const parts = value.split(separator).map((part) => part.trim());
      return parts.filter((part) => part !== '');
    }
    if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value;
    return this.wrong(key, 'must be a list of texts');
  }

  /** A table of texts; numbers and booleans are written out. */
  table(key: K): Record<string, string> {
    const value = this.value(key);
    if (value === undefined) return {};
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      this.wrong(key, 'must be a table of texts');
      return {};
    }
    return Object.fromEntries(
      Object.entries(value).flatMap(([name, item]) => {
        if (['string', 'number', 'bigint', 'boolean'].includes(typeof item)) return [[name, String(item)]];
        this.wrong(`${key}.${name}`, 'must be text in quotes');
        return [];
      }),
    );
  }

  /** The address of a server we send credentials to, without trailing slashes; see `checkEndpoint`. */
  endpoint(key: K, insecure: boolean): string | undefined {
    const value = this.word(key);
    return value === undefined ? undefined : this.attempt(key, () => checkEndpoint(value, insecure));
  }

  /** What `make` makes of an option; an error it throws is what is wrong with it. */
  attempt<T>(key: K, make: () => T): T | undefined {
    try {
      return make();
    } catch (error) {
      return this.wrong(key, `cannot be used: ${describeError(error)}`);
    }
  }

  /** Of several faults of one option the first is told. */
  wrong(key: K | `${K}.${string}`, message: string, advice?: string): undefined {
    if (this.issues.some((issue) => issue.key === key)) return;
    this.issues.push({ key, message, ...(advice && { advice }) });
  }

  /** TOML's large whole numbers come as another type. */
  #number(key: K): unknown {
    const value = this.value(key);
    return typeof value === 'bigint' ? Number(value) : value;
  }
}

/** What `read` makes of the options of a platform. Throws `OptionsError` with all that is wrong. */
export function readPlatformOptions<K extends string, T>(
  type: string,
  names: readonly K[],
  raw: RawOptions,
  read: (options: OptionReader<K>) => T,
): T {
  return readAll(names, raw, read, (key) => `${type}: ${key}`);
}

/** What `read` makes of the options of an agent. Throws `OptionsError` with all that is wrong. */
export function readAgentOptions<K extends string, T>(
  names: readonly K[],
  raw: RawOptions,
  read: (options: OptionReader<K>) => T,
): T {
  return readAll(names, raw, read, (key) => `agent option "${key}"`);
}

function readAll<K extends string, T>(
  names: readonly K[],
  raw: RawOptions,
  read: (options: OptionReader<K>) => T,
  name: (key: string) => string,
): T {
  const options = new OptionReader<K>(names, raw);
  const result = read(options);
  if (options.issues.length > 0) throw new OptionsError(options.issues, name);
  return result;
}

/** `"a", "b" or "c"` */
function alternatives(choices: readonly string[]): string {
  const quoted = choices.map((choice) => `"${choice}"`);
  return [quoted.slice(0, -1).join(', '), quoted.at(-1)].filter((part) => part).join(' or ');
}
