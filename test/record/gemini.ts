import { GeminiBench, geminiBinary } from '../real/gemini-session.ts';
import { startGeminiServer } from '../sim/models/gemini.ts';
import { type Subject, subject } from './recorder.ts';
import { killed, refused, resumed, type Scenarios, talk, turn } from './scenario.ts';

const run = (command: string) => `tool: run_shell_command ${JSON.stringify({ command })}`;
const YOLO = { mode: 'yolo' };

const scenarios: Scenarios = {
  simple: turn('hi there'),
  thinking: turn('think: let me consider ;; say: considered'),
  image: talk(async (one, at) => one.turn('say: a pixel', [await at.picture()])),
  'tool-yolo': turn(`pre: I will run it. ;; ${run('echo hi')} ;; say: done`, YOLO),
  'tool-default': turn(`${run('touch x')} ;; say: then not`),
  plan: turn(`${run('touch x')} ;; say: then not`, { mode: 'plan' }),
  'tool-fail': turn(`${run('exit 3')} ;; tool: read_file {"file_path":"/nonexistent"} ;; say: both`, YOLO),
  'write-auto-edit': turn(
    [
      'tool: write_file {"file_path":"n.txt","content":"one\\n"}',
      'tool: read_file {"file_path":"n.txt"}',
      'tool: replace {"file_path":"n.txt","instruction":"change","old_string":"one","new_string":"two"}',
      'say: changed',
    ].join(' ;; '),
    { mode: 'autoEdit' },
  ),
  'resume-2-id': resumed(),
  'resume-4-unknown': refused('hi', {
    CC_RECORD_ARGS: '["--resume","00000000-0000-4000-8000-000000000000"]',
  }),
  'no-key': { ...refused('hi'), provider: { apiKey: '' } },
  untrusted: refused('hi', { GEMINI_CLI_TRUST_WORKSPACE: 'false' }),
  'error-400': turn('error: 400'),
  'error-401': turn('error: 401'),
  'error-once-500': turn('error-once: 500 ;; say: recovered'),
  'kill-sigint': killed('SIGINT', 'text'),
  'kill-sigterm': killed('SIGTERM', 'text'),
};

/** Gemini CLI with `--output-format stream-json`. */
export const gemini: Subject = subject({
  folder: 'gemini/recordings',
  startModel: startGeminiServer,
  command: () => [geminiBinary()],
  bench: (model, cmd, options, provider) =>
    GeminiBench.make(model, { cmd, backend: 'stream-json', mode: 'default', ...options }, provider),
  scenarios,
});
