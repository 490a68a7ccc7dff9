import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { commandLine } from '../../src/agents/claudecode/argv.ts';
import { parseOptions } from '../../src/agents/claudecode/options.ts';
import { transcriptStore } from '../../src/agents/claudecode/store.ts';
import { asId, type NativeId, type PromptId } from '../../src/core/ids.ts';
import {
  CLAUDE_VERSIONS,
  claudeBinary,
  envFor,
  freshPlace,
  type ModelServer,
  startModelServer,
} from './setup.ts';

/** What is proved here is kept in this file, which the docs page shows. Set UPDATE=1 to write it anew. */
const RECORD = fileURLToPath(new URL('./claudecode-transcript.json', import.meta.url));
const HOLDER = fileURLToPath(new URL('./holder.mjs', import.meta.url));

const STAGES = {
  waiting: 'hang: 4 ;; say: the answer',
  text: 'slow: 4 ;; say: the answer in several pieces of text',
  approval: 'pre: first words ;; tool: Bash {"command":"touch made"} ;; say: the answer',
  tool: 'pre: first words ;; tool: Bash {"command":"touch made && sleep 3"} ;; say: the answer',
  result: 'say: the answer',
  settled: 'say: the answer',
} as const;
type Stage = keyof typeof STAGES;
const DEATHS = ['daemon', 'cli'] as const;
const TURNS = ['first', 'later'] as const;

interface Row {
  readonly version: string;
  readonly killed: (typeof DEATHS)[number];
  readonly stage: Stage;
  readonly turn: (typeof TURNS)[number];
  /** Right after the kill, and when the CLI is gone. */
  readonly atOnce: string;
  readonly settled: string;
  /** Whether the tool ran. */
  readonly made: boolean;
}

let model: ModelServer;
const rows: Row[] = [];
let known: Row[] = [];
beforeAll(async () => {
  model = await startModelServer();
  known = JSON.parse(await readFile(RECORD, 'utf8').catch(() => '[]')) as Row[];
});
afterAll(async () => {
  await model.close();
  const order = (row: Row) =>
    cases.findIndex((one) => Object.entries(one).every(([key, value]) => row[key as keyof Row] === value));
  rows.sort((a, b) => order(a) - order(b));
  if (process.env.UPDATE) await writeFile(RECORD, `${JSON.stringify(rows, null, 2)}\n`);
});

const cases = CLAUDE_VERSIONS.flatMap((version) =>
  DEATHS.flatMap((killed) =>
    (Object.keys(STAGES) as Stage[]).flatMap((stage) =>
      TURNS.map((turn) => ({ version, killed, stage, turn })),
    ),
  ),
);

describe.concurrent('[feature: outcome of a prompt] the transcript decides after a kill', () => {
  it.each(cases)('$version, $killed killed, stage $stage, $turn turn', async (one) => {
    const row = await observe(one);
    rows.push(row);
    if (process.env.UPDATE) return;
    const expected = known.find((entry) =>
      (['version', 'killed', 'stage', 'turn'] as const).every((key) => entry[key] === one[key]),
    );
    // The CLI writes its transcript in batches: killed at the very moment of its result, an old one may lose it.
    if (one.version === '2.1.197' && one.killed === 'cli' && one.stage === 'result') {
      expect(['absent', 'open: ""', 'ended well: "the answer"']).toContain(row.settled);
    } else
      expect({ settled: row.settled, made: row.made }).toEqual({
        settled: expected?.settled,
        made: expected?.made,
      });
  });
});

async function observe(one: Pick<Row, 'version' | 'killed' | 'stage' | 'turn'>): Promise<Row> {
  const place = await freshPlace();
  const session = randomUUID();
  const target = randomUUID();
  const options = parseOptions({}, place.workDir);
  const settings = { mode: 'default', model: undefined, effort: undefined };
  const { args } = commandLine(options, { allowedTools: [] }, settings, {
    append: undefined,
    replace: undefined,
  });
  const warm = one.turn === 'later' ? [{ text: 'say: warm', uuid: randomUUID() }] : [];
  const config = {
    command: claudeBinary(one.version),
    args: [...args, '--session-id', session],
    cwd: place.workDir,
    env: envFor(place.home, model.url),
    prompts: [...warm, { text: STAGES[one.stage], uuid: target }],
    stage: one.stage,
  };
  const holder = spawn(process.execPath, [HOLDER, JSON.stringify(config)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [chunk] = (await once(holder.stdout, 'data')) as [Buffer];
  const pid = Number(chunk.toString());
  const store = transcriptStore({ HOME: place.home });
  const look = async () => {
    const found = await store.outcome?.(place.workDir, asId<NativeId>(session), asId<PromptId>(target));
    if (found === undefined || !('text' in found)) return found?.state ?? 'none';
    const how = found.state === 'ended' ? `ended ${found.ok ? 'well' : 'badly'}` : 'open';
    return `${how}: ${JSON.stringify(found.text.slice(0, 60))}`;
  };
  try {
    if (one.killed === 'daemon') holder.kill('SIGKILL');
    else process.kill(pid, 'SIGKILL');
    await sleep(100);
    const atOnce = await look();
    await gone(pid);
    const made = await stat(join(place.workDir, 'made')).then(
      () => true,
      () => false,
    );
    return { ...one, atOnce, settled: await look(), made };
  } finally {
    holder.kill('SIGKILL');
    await gone(pid);
    await place.remove();
  }
}

async function gone(pid: number): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    const state = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
    if (state === undefined || / [ZX] /.test(state.slice(state.lastIndexOf(')')))) return;
    await sleep(100);
  }
  process.kill(pid, 'SIGKILL');
  throw new Error('the CLI did not end by itself');
}
