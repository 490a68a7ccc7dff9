import { kimiBench, kimiCommand } from '../real/kimi-session.ts';
import { startChatServer } from '../sim/models/openai-chat.ts';
import { type Subject, subject } from './recorder.ts';
import { turn } from './scenario.ts';

/** Kimi Code's print mode. */
export const kimi: Subject = subject({
  folder: 'kimi/recordings',
  startModel: startChatServer,
  command: kimiCommand,
  bench: (model, cmd, options, provider) => kimiBench(model, { cmd, backend: 'print', ...options }, provider),
  scenarios: {
    simple: turn('hi there'),
    thinking: turn('think: let me consider ;; say: considered'),
    tool: turn('pre: I will. ;; tool: Bash {"command":"touch x && echo hi"} ;; say: done'),
    'error-401': turn('error: 401'),
  },
});
