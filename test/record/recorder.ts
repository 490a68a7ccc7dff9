import { realpathSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { AgentProvider } from '../../src/core/agent.ts';
import type { RealBench } from '../real/bench.ts';
import { repository } from '../real/programs.mjs';
import type { Scenario, Scenarios } from './scenario.ts';
import { type RecordedLine, trimLine } from './trim.ts';

/** A scripted model, in whatever dialect. */
export interface Model {
  readonly url: string;
  close(): Promise<void>;
}

/** One program of one agent that is recorded. */
export interface Subject {
  /** Where its recordings are, under test/agents. */
  readonly folder: string;
  /** Records the scenarios of these names, or all, and writes them there. */
  record(only: readonly string[]): Promise<void>;
}

/** What {@link subject} is made of. */
export interface SubjectParts<M extends Model> {
  readonly folder: string;
  readonly startModel: () => Promise<M>;
  /** The real program, as test/real starts it. */
  readonly command: () => readonly string[];
  /** The bench of test/real with this program, options of the agent and changes of its provider. */
  readonly bench: (
    model: M,
    cmd: readonly string[],
    options: Readonly<Record<string, unknown>>,
    provider: Partial<AgentProvider>,
  ) => Promise<RealBench>;
  readonly scenarios: Scenarios;
  /** What of the lines is worth keeping. @default all */
  readonly keep?: (lines: readonly RecordedLine[]) => readonly RecordedLine[];
}

/** What is still on its way to the recording when the adapter has heard enough, in ms. */
const TRAILING_MS = 300;

/**
 * Records a program as its adapter drives it: the bench of test/real runs it against the scripted model, with
 * {@link TEE} in front of it.
 */
export function subject<M extends Model>(parts: SubjectParts<M>): Subject {
  const { folder, scenarios } = parts;
  return {
    folder,
    record: async (only) => {
      const unknown = only.filter((name) => scenarios[name] === undefined);
      if (unknown.length > 0) throw new Error(`no scenario ${unknown.join(', ')} in ${folder}`);
      const target = join(repository, 'test', 'agents', folder);
      const made = new Map<string, string>();
      for (const [name, scenario] of Object.entries(scenarios)) {
        if (only.length > 0 && !only.includes(name)) continue;
        const text = await recording(parts, scenario).catch((error: unknown) => {
          throw new Error(`${folder} ${name}`, { cause: error });
        });
        made.set(name, text);
        console.log(`${folder} ${name}: ${text.length} bytes`);
      }
      // Only once all of them are there: half of a set proves nothing.
      if (only.length === 0) await rm(target, { recursive: true, force: true });
      await mkdir(target, { recursive: true });
      for (const [name, text] of made) await writeFile(join(target, `${name}.jsonl`), text);
    },
  };
}

const TEE = join(repository, 'test', 'record', 'tee.mjs');

async function recording<M extends Model>(parts: SubjectParts<M>, scenario: Scenario): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'cc-record-'));
  const model = await parts.startModel();
  const cmd = [process.execPath, TEE, folder, ...parts.command()];
  const at = await parts.bench(model, cmd, scenario.options ?? {}, scenario.provider ?? {});
  try {
    await scenario.run(at);
    await sleep(TRAILING_MS);
    const clean = cleaner(at, model.url);
    const { keep = (all) => all } = parts;
    return keep(await lastConversation(folder))
      .map((entry) => trimLine({ ...entry, line: clean(entry.line) }))
      .map((entry) => `${JSON.stringify(entry)}\n`)
      .join('');
  } finally {
    await at.close();
    await model.close();
    await rm(folder, { recursive: true, force: true });
  }
}

/** The lines of the process that was started last and not only asked for its version or flags. */
async function lastConversation(folder: string): Promise<RecordedLine[]> {
  for (const file of (await readdir(folder)).sort().reverse()) {
    const text = await readFile(join(folder, file), 'utf8');
    const [args, ...lines] = text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as RecordedLine);
    if (args !== undefined && !/"--(version|help)"/.test(args.line)) return lines;
  }
  throw new Error('no process was started');
}

/** Nothing of this machine stays in a recording. */
function cleaner({ place }: RealBench, modelUrl: string): (line: string) => string {
  const names: [string, string][] = [
    [place.workDir, '/workdir'],
    // Some tell a path as it is from the root.
    [place.workDir.slice(1), 'workdir'],
    [place.home, '/home/agent'],
    [place.cacheDir, '/cache'],
    [repository, '/opt'],
    [realpathSync(join(repository, '.cache')), '/opt/.cache'],
    [modelUrl, 'http://model'],
    [new URL(modelUrl).host, 'model'],
  ];
  return (line) => names.reduce((text, [from, to]) => text.replaceAll(from, to), line);
}
