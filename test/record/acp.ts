import {
  acpBench,
  CLAUDE_AGENT_ACP_VERSIONS,
  CODEX_ACP_VERSIONS,
  claudeAgentAcp,
  codexAcp,
  QUIET,
  qwen,
} from '../real/acp-session.ts';
import { copilotBinary } from '../real/copilot-session.ts';
import { geminiBinary } from '../real/gemini-session.ts';
import { kimiCommand } from '../real/kimi-session.ts';
import { opencodeBinary } from '../real/opencode-session.ts';
import { startModelServer } from '../real/setup.ts';
import { startGeminiServer } from '../sim/models/gemini.ts';
import { startChatServer } from '../sim/models/openai-chat.ts';
import { startResponsesServer } from '../sim/models/openai-responses.ts';
import { type Model, type Subject, subject } from './recorder.ts';
import { resumed, type Scenarios, talk, turn } from './scenario.ts';
import type { RecordedLine } from './trim.ts';

/** One agent that speaks ACP, as far as it differs from the others. */
interface Speaker {
  readonly preset: string;
  readonly startModel: () => Promise<Model>;
  readonly command: () => readonly string[];
  /** The model's call of a tool that makes the file `made.txt`, and is asked about. */
  readonly touch: string;
  readonly options?: Readonly<Record<string, unknown>>;
  /** What only this one does. */
  readonly more?: Scenarios;
}

/** The same for all of them: what a person does is the same. */
function scenariosOf({ touch }: Speaker): Scenarios {
  return {
    simple: turn('say: Hello from the scripted model.'),
    'tool-allow': talk(async (one) => {
      await one.say(`pre: I will make it. ;; ${touch} ;; say: made`);
      await one.decide('allow');
      await one.next('turn_end');
    }),
    'tool-deny': talk(async (one) => {
      await one.say(`${touch} ;; say: then not`);
      await one.decide('deny');
      await one.next('turn_end');
    }),
    'cancel-while-asking': talk(async (one) => {
      await one.say(`${touch} ;; say: never`);
      await one.next('approval');
      await one.session.interrupt(AbortSignal.timeout(20_000));
      await one.next('turn_end');
    }),
    'error-401': turn('error: 401'),
    load: resumed(),
  };
}

/** What a replay sends by itself; settings depend on the preset, which a replay does without. */
const KEPT = /^(initialize|session\/(new|load|resume|prompt|cancel))$/;

/** Leaves out the client's other requests with their replies, and what is no message. */
export function conversation(lines: readonly RecordedLine[]): RecordedLine[] {
  const left = new Set<unknown>();
  return lines.filter(({ dir, line }) => {
    if (dir === 'err' || !line.startsWith('{')) return false;
    const { id, method } = JSON.parse(line) as { id?: unknown; method?: string };
    if (dir === 'out') return method !== undefined || !left.delete(id);
    if (method === undefined || KEPT.test(method)) return true;
    left.add(id);
    return false;
  });
}

function speaker(folder: string, one: Speaker): Subject {
  const { preset, startModel, command } = one;
  return subject({
    folder: `acp/fixtures/${folder}`,
    startModel,
    command,
    keep: conversation,
    bench: (model, cmd, options) => acpBench(preset, cmd, model.url, { ...one.options, ...options }),
    scenarios: { ...scenariosOf(one), ...one.more },
  });
}

const tool = (name: string, input: object) => `tool: ${name} ${JSON.stringify(input)}`;
const command = 'touch made.txt';
const QUESTION = {
  questions: [
    {
      question: 'Which colour?',
      header: 'Colour',
      options: [
        { label: 'Red', description: 'warm' },
        { label: 'Blue', description: 'cold' },
      ],
      multi_select: false,
    },
  ],
};
const MODEL = { model: 'scripted-model' };
/** codex-acp's newer versions ask only for what is to leave the sandbox. */
const BEYOND = { sandbox_permissions: 'require_escalated', justification: 'it has to be made' };

/** Every agent of the `acp` adapter, by the name of its folder. */
export const acp: Readonly<Record<string, Subject>> = Object.fromEntries(
  [
    ...CLAUDE_AGENT_ACP_VERSIONS.map((version) =>
      speaker(version === '0.49.0' ? 'claude-agent-acp-0.49' : 'claude-agent-acp', {
        preset: 'claude-agent-acp',
        startModel: startModelServer,
        command: () => claudeAgentAcp(version),
        touch: tool('Bash', { command }),
        options: { mode: 'default' },
      }),
    ),
    ...CODEX_ACP_VERSIONS.map((version) =>
      speaker(version === '0.16.0' ? 'codex-acp-0.16' : 'codex-acp', {
        preset: 'codex-acp',
        startModel: startResponsesServer,
        command: () => codexAcp(version),
        touch: tool('exec_command', { cmd: command, ...(version === '0.16.0' ? {} : BEYOND) }),
        options: MODEL,
      }),
    ),
    speaker('copilot', {
      preset: 'copilot',
      startModel: startChatServer,
      command: () => [copilotBinary()],
      touch: tool('bash', { command, description: 'make it' }),
      options: { ...MODEL, env: { ...QUIET, COPILOT_OFFLINE: 'true' } },
    }),
    speaker('gemini', {
      preset: 'gemini',
      startModel: startGeminiServer,
      command: () => [geminiBinary()],
      touch: tool('run_shell_command', { command, description: 'make it' }),
      options: { model: 'gemini-2.5-flash' },
    }),
    speaker('kimi', {
      preset: 'kimi',
      startModel: startChatServer,
      command: kimiCommand,
      touch: tool('Bash', { command }),
      options: MODEL,
      more: {
        ask: talk(async (one) => {
          await one.say(`${tool('AskUserQuestion', QUESTION)} ;; say: Red it is`);
          const { wireId, request } = await one.next('approval');
          const [question] = request.kind === 'question' ? request.questions : [];
          const answers = { [question?.id ?? '']: ['Red'] };
          await one.session.answer(wireId, { kind: 'answers', answers });
          await one.next('turn_end');
        }),
      },
    }),
    speaker('opencode', {
      preset: 'opencode',
      startModel: startChatServer,
      command: () => [opencodeBinary()],
      touch: tool('bash', { command, description: 'make it' }),
      options: {
        ...MODEL,
        env: { OPENCODE_DISABLE_MODELS_FETCH: '1', OPENCODE_PERMISSION: '{"bash":"ask"}' },
      },
    }),
    speaker('qwen', {
      preset: 'qwen',
      startModel: startChatServer,
      command: () => [qwen()],
      touch: tool('run_shell_command', { command, is_background: false, description: 'make it' }),
      options: { ...MODEL, mode: 'default' },
    }),
  ].map((one) => [one.folder.replace('acp/fixtures/', ''), one]),
);
