import { join } from 'node:path';
import { OpenCodeBench, opencodeBinary } from '../real/opencode-session.ts';
import { startChatServer } from '../sim/models/openai-chat.ts';
import { type Subject, subject } from './recorder.ts';
import { killed, resumed, type Scenarios, talk, turn } from './scenario.ts';

const run = (command: string) => `tool: bash ${JSON.stringify({ command, description: 'run it' })}`;
const UNKNOWN = '["--session","ses_000000000000000000000000000"]';
const YOLO = { mode: 'yolo' };
const ASK = { options: { env: { OPENCODE_PERMISSION: '{"bash":"ask"}' } } };

const scenarios: Scenarios = {
  simple: turn('hi there'),
  thinking: turn('think: let me consider ;; say: considered'),
  tool: turn(`pre: I will run it. ;; ${run('echo hi')} ;; say: done`),
  'tool-fail': turn(`${run('echo oops >&2; exit 3')} ;; tool: nosuchtool {"a":1} ;; say: both`),
  'tool-ask': { ...ASK, ...turn(`${run('touch x')} ;; say: then not`) },
  'tool-ask-auto': { ...ASK, ...turn(`${run('touch x')} ;; say: made it`, YOLO) },
  write: talk((one, at) => {
    const filePath = join(at.place.workDir, 'n.txt');
    const calls = [
      ['write', { filePath, content: 'one\n' }],
      ['read', { filePath }],
      ['edit', { filePath, oldString: 'one', newString: 'two' }],
    ] as const;
    const steps = calls.map(([name, input]) => `tool: ${name} ${JSON.stringify(input)}`);
    return one.turn([...steps, 'say: changed'].join(' ;; '));
  }),
  'file-image': talk(async (one, at) => one.turn('say: a pixel', [await at.picture()])),
  'resume-2': resumed(),
  'resume-4-unknown': {
    run: async (at) => {
      const one = await at.open({ env: { ...at.env, CC_RECORD_ARGS: UNKNOWN } });
      await one.turn('hi');
    },
  },
  'error-401': turn('error: 401'),
  'error-429': turn('error: 429'),
  'error-once-500': turn('error-once: 500 ;; say: recovered'),
  'kill-sigterm': killed(
    'SIGTERM',
    'tool_ended',
    `pre: I wait ;; ${run('echo hi')} ;; hang: 60 ;; say: never`,
  ),
};

/** OpenCode's `run`. */
export const opencode: Subject = subject({
  folder: 'opencode/recordings',
  startModel: startChatServer,
  command: () => [opencodeBinary()],
  bench: (model, cmd, options, provider) =>
    OpenCodeBench.make(model, { cmd, backend: 'run', ...options }, provider),
  scenarios,
});
