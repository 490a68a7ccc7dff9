import { writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { measureAgents } from './agents.ts';
import { keepAwake } from './awake.ts';
import {
  type ChatService,
  discordService,
  feishuService,
  slackService,
  telegramService,
  weixinService,
} from './chat-service.ts';
import { measureDecoding } from './decoding.ts';
import { measureDisk } from './disk.ts';
import { runFirst } from './first.ts';
import { type Load, measureLatency } from './latency.ts';
import { measureIdleMemory, measureSessionMemory } from './memory.ts';
import { round } from './numbers.ts';
import { type Figure, table, tolerance, verdictOf } from './report.ts';
import { measureCommands, measureReady } from './start-up.ts';
import { measureStreaming } from './streaming.ts';

/**
 * Far more than people write, a tenth of a second apart, and no more than the services allow a bot: with 100 sessions
 * each of them sends the next message 8 s after the last answer. Some 250 messages each: of 100 the 99th percentile is
 * the slowest or the one before it.
 */
const loads: readonly Load[] = [
  { sessions: 1, forMs: 30_000, deltas: 2, everyMs: 10, pauseMs: 60 },
  { sessions: 20, forMs: 30_000, deltas: 10, everyMs: 60, pauseMs: 1_500 },
  { sessions: 100, forMs: 30_000, deltas: 20, everyMs: 100, pauseMs: 8_000 },
];

const makers: Readonly<Record<string, () => Promise<ChatService>>> = {
  telegram: telegramService,
  feishu: feishuService,
  slack: slackService,
  discord: discordService,
  weixin: weixinService,
};

/** Said to the bench that the bench has started. */
const inFirstPlace = '--first';

/** Services that show an answer while it runs. */
const streaming = [telegramService, feishuService, slackService, discordService];

/** Parts of the bench by name, in their order; `npm run bench -- decoding ready` runs some. */
const parts: Readonly<Record<string, () => Promise<Figure[]>>> = {
  decoding: async () => measureDecoding(),
  commands: () => measureCommands(),
  ready: () => measureReady(),
  ...Object.fromEntries(
    Object.entries(makers).map(([name, make]) => [name, async () => measureLatency(await make(), loads)]),
  ),
  streaming: async () => {
    const figures: Figure[] = [];
    for (const make of streaming) figures.push(...(await measureStreaming(await make(), 6_000)));
    return figures;
  },
  memory: async () => {
    const services = await Promise.all(Object.values(makers).map((make) => make()));
    try {
      return await measureIdleMemory(services);
    } finally {
      await Promise.all(services.map((service) => service.close()));
    }
  },
  agents: () => measureAgents(),
  sessions: async () => measureSessionMemory(await telegramService()),
};

/**
 * Measures, prints a table, writes `bench-results.json`. With `--check` the exit code is 1 when a goal is missed by
 * more than the tolerance; with `--awake` the cores are kept from falling asleep meanwhile; with `--ordinary` it takes
 * its turn among the other programs of the machine, where else it goes first if it may.
 */
export async function runBench(argv: readonly string[]): Promise<number> {
  const chosen = argv.filter((word) => !word.startsWith('-'));
  const unknown = chosen.filter((word) => !Object.hasOwn(parts, word));
  if (unknown.length > 0) {
    console.error(`no such part: ${unknown.join(', ')}; parts are ${Object.keys(parts).join(', ')}`);
    return 2;
  }
  if (!argv.includes('--ordinary') && !argv.includes(inFirstPlace)) {
    const code = await runFirst([...process.argv.slice(2), inFirstPlace]);
    if (code !== undefined) return code;
    console.error(
      'measured as an ordinary program: chrt (util-linux) is missing or not allowed to let the bench go first',
    );
  }
  const release = argv.includes('--awake') ? await keepAwake() : () => {};
  try {
    const way = [
      ...(argv.includes(inFirstPlace) ? ['going first'] : []),
      ...(argv.includes('--awake') ? ['cores kept awake'] : []),
    ];
    return await measure(chosen, argv.includes('--check'), way);
  } finally {
    release();
  }
}

/** Resolves with the exit code. `chosen`: parts; all when empty. `way`: how the machine was held still. */
async function measure(chosen: readonly string[], check: boolean, way: readonly string[]): Promise<number> {
  const disk = await measureDisk();
  const figures: Figure[] = [];
  let broken = 0;
  for (const [name, run] of Object.entries(parts)) {
    if (chosen.length > 0 && !chosen.includes(name)) continue;
    console.error(`measuring ${name} …`);
    try {
      figures.push(...(await run()));
    } catch (error) {
      broken += 1;
      console.error(`${name}: ${error instanceof Error ? error.stack : String(error)}`);
    }
  }
  const model = `${cpus().length} × ${cpus()[0]?.model ?? 'CPU'}`;
  const memory = `${round(totalmem() / 2 ** 30, 0)} GB`;
  const machine = [model, memory, process.platform, `Node ${process.version}`, ...way].join(', ');
  console.log(machine);
  console.log(`fsync of this disk: p50 ${round(disk.p50)} ms, p99 ${round(disk.p99)} ms`);
  console.log(table(figures));
  const results = figures.map((figure) => ({ ...figure, verdict: verdictOf(figure) || undefined }));
  writeFileSync(
    'bench-results.json',
    `${JSON.stringify({ at: new Date().toISOString(), machine, disk, tolerance, figures: results }, null, 2)}\n`,
  );
  const withGoal = figures.filter((figure) => figure.goal);
  const failed = withGoal.filter((figure) => verdictOf(figure) === 'missed').length + broken;
  const passed = withGoal.length - (failed - broken);
  console.log(
    `\n${passed} passed, ${failed} failed (a goal is missed beyond ${round(tolerance * 100, 0)} %)`,
  );
  return check && failed > 0 ? 1 : 0;
}
