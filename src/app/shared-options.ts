import type { PlatformConfig } from '../config/schema/root.ts';

/** Options that each project has for itself, also where it shares the bot with others. */
const ownOptions: ReadonlySet<string> = new Set(['allow_from', 'progress_style']);

/** Options by which a bot proves who it is. */
const credential = /(^|_)(token|secret|password|key)$/;

export interface OptionDifferences {
  /** Credentials that are not the same: this cannot be the same connection. */
  readonly credentials: readonly string[];
  /** Other options of the connection: the first project's are used. */
  readonly others: readonly string[];
}

/** Names of options that differ between two entries for one bot and belong to its one connection. */
export function differingOptions(
  first: Pick<PlatformConfig, 'options'>,
  second: Pick<PlatformConfig, 'options'>,
): OptionDifferences {
  const names = new Set([...Object.keys(first.options), ...Object.keys(second.options)]);
  const differing = [...names].filter(
    (name) => !ownOptions.has(name) && text(first.options[name]) !== text(second.options[name]),
  );
  return {
    credentials: differing.filter((name) => credential.test(name)),
    others: differing.filter((name) => !credential.test(name)),
  };
}

/** Whether both would make the same connection. */
export function sameConnection(
  one: Pick<PlatformConfig, 'options'> | undefined,
  other: Pick<PlatformConfig, 'options'> | undefined,
): boolean {
  if (!one || !other) return one === other;
  const { credentials, others } = differingOptions(one, other);
  return credentials.length + others.length === 0;
}

function text(value: unknown): string {
  return JSON.stringify(value, (_, item: unknown) => (typeof item === 'bigint' ? `${item}n` : item)) ?? '';
}
