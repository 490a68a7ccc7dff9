import { parseArgs } from 'node:util';
import { type PlatformName, platformNames } from './world.ts';

export interface TortureOptions {
  readonly cycles: number;
  readonly seed: number;
  /** Every failpoint at least once, beside the random kills. */
  readonly failpoints: boolean;
  /** The platforms that take part, two of them in each cycle. */
  readonly among: readonly PlatformName[];
  /** Cycles that run at the same time. */
  readonly jobs: number;
  /** Keeps the folder of every cycle that found something wrong. */
  readonly keep: boolean;
  /** One failpoint for all cycles: to look into it. */
  readonly failpoint: string | undefined;
}

export const usage = `Usage: npm run test:torture -- [options]
  --cycles N        how many cycles (default 20)
  --seed S          seed of the first cycle; the next one has S + 1 (default: the time)
  --failpoints      kill at every failpoint at least once
  --failpoint NAME  kill at this one (name, or name@before) in every cycle
  --platform NAME   this one only: telegram, feishu, slack, discord or weixin; may be repeated (default: all)
  --jobs N          cycles at the same time (default 4)
  --keep            keep the folder of a cycle that went wrong`;

/** @throws Error with a message for the operator. */
export function readOptions(argv: readonly string[]): TortureOptions | 'help' {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      cycles: { type: 'string', default: '20' },
      seed: { type: 'string' },
      failpoints: { type: 'boolean', default: false },
      failpoint: { type: 'string' },
      platform: { type: 'string', multiple: true },
      jobs: { type: 'string', default: '4' },
      keep: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return 'help';
  return {
    cycles: whole('cycles', values.cycles),
    seed: values.seed === undefined ? Date.now() % 1_000_000 : whole('seed', values.seed),
    failpoints: values.failpoints,
    failpoint: values.failpoint,
    among: values.platform?.map(platformOf) ?? platformNames,
    jobs: Math.max(1, whole('jobs', values.jobs)),
    keep: values.keep,
  };
}

function platformOf(text: string): PlatformName {
  const name = platformNames.find((one) => one === text);
  if (name === undefined) throw new Error(`--platform is one of ${platformNames.join(', ')}, not ${text}`);
  return name;
}

function whole(name: string, text: string): number {
  const number = Number(text);
  if (!Number.isSafeInteger(number) || number < 0) throw new Error(`--${name} must be a whole number`);
  return number;
}
