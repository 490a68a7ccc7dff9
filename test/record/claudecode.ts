import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { commandLine } from '../../src/agents/claudecode/argv.ts';
import { parseOptions } from '../../src/agents/claudecode/options.ts';
import { projectSlug } from '../../src/agents/claudecode/project-dir.ts';
import {
  CLAUDE_VERSIONS,
  claudeBinary,
  envFor,
  freshPlace,
  type Place,
  startModelServer,
} from '../real/setup.ts';
import { RecordedCli } from './cli.ts';
import { trimLine } from './trim.ts';

const TOUCH = 'tool: Bash {"command":"touch made"}';
const QUESTIONS = {
  questions: [
    {
      question: 'Which colour?',
      header: 'Colour',
      multiSelect: false,
      options: [
        { label: 'Red', description: 'warm' },
        { label: 'Blue', description: 'cold' },
      ],
    },
  ],
};

interface Scenario {
  readonly mode?: string;
  readonly resume?: string;
  run(cli: RecordedCli, place: Place): Promise<unknown>;
}

const once = (text: string): Scenario => ({
  run: (cli) => {
    cli.say(text);
    return cli.result();
  },
});

/** What is recorded, by name. */
const SCENARIOS: Readonly<Record<string, Scenario>> = {
  simple: once('say: a somewhat longer answer in a few pieces'),
  thinking: once('think: let me see ;; say: the answer'),
  'error-401': once('error: 401'),
  'error-429': once('error: 429'),
  'error-500': once('error: 500'),
  'error-once': once('error-once: 500 ;; say: recovered'),
  drop: once('drop ;; say: this answer is cut in the middle of its text and comes again'),
  'read-only': once('tool: Bash {"command":"echo hi"} ;; say: done'),
  'two-turns': {
    run: async (cli) => {
      cli.say('say: one');
      await cli.result();
      cli.say('say: two');
      await cli.result();
    },
  },
  'queue-two': {
    run: async (cli) => {
      cli.say('slow: 1 ;; say: answer one');
      cli.say('say: answer two');
      await cli.result();
      await cli.result();
    },
  },
  'tool-allow': {
    run: async (cli) => {
      cli.say(`pre: before ;; ${TOUCH} ;; say: after`);
      await cli.allow();
      await cli.result();
    },
  },
  'tool-deny': {
    run: async (cli) => {
      cli.say(`${TOUCH} ;; say: then not`);
      cli.answer(await cli.asked(), { behavior: 'deny', message: 'not today' });
      await cli.result();
    },
  },
  'tool-fail': once('tool: Bash {"command":"ls missing-file"} ;; say: failed'),
  'tools-parallel': {
    run: async (cli) => {
      cli.say('tools: [["Bash",{"command":"touch a"}],["Bash",{"command":"touch b"}]] ;; say: both');
      await cli.allow();
      await cli.allow();
      await cli.result();
    },
  },
  'write-edit': {
    run: async (cli, place) => {
      const file_path = join(place.workDir, 'n.txt');
      const write = JSON.stringify({ file_path, content: 'one\ntwo\n' });
      const edit = JSON.stringify({ file_path, old_string: 'two', new_string: 'three' });
      cli.say(`tool: Write ${write} ;; tool: Edit ${edit} ;; say: edited`);
      await cli.allow();
      await cli.allow();
      await cli.result();
    },
  },
  question: {
    run: async (cli) => {
      cli.say(`tool: AskUserQuestion ${JSON.stringify(QUESTIONS)} ;; say: thanks`);
      await cli.allow({ updatedInput: { ...QUESTIONS, answers: { 'Which colour?': 'Blue' } } });
      await cli.result();
    },
  },
  plan: {
    mode: 'plan',
    run: async (cli) => {
      cli.say('tool: ExitPlanMode {"plan":"# Plan"} ;; say: going');
      await cli.allow();
      await cli.result();
    },
  },
  interrupt: {
    run: async (cli) => {
      cli.say('slow: 20 ;; say: aaaa bbbb cccc dddd eeee ffff gggg');
      await cli.until(({ type }) => type === 'stream_event');
      await sleep(500);
      await cli.control({ subtype: 'interrupt' });
      await cli.until(({ type }) => type === 'result');
      cli.say('say: back');
      await cli.result();
    },
  },
  'interrupt-asking': {
    run: async (cli) => {
      cli.say(TOUCH);
      await cli.asked();
      await cli.control({ subtype: 'interrupt' });
      await sleep(500);
    },
  },
  steer: {
    run: async (cli) => {
      cli.say('tool: Bash {"command":"touch made && sleep 1"} ;; say: first');
      await cli.allow();
      await sleep(300);
      cli.say('say: steered');
      await cli.result();
    },
  },
  'background-bash': {
    run: async (cli) => {
      cli.say('tool: Bash {"command":"sleep 1 && echo bg","run_in_background":true} ;; say: started');
      await cli.result();
      await cli.result();
    },
  },
  subagent: {
    run: async (cli) => {
      const input = { description: 'look', prompt: 'say: found it', subagent_type: 'general-purpose' };
      cli.say(`tool: Agent ${JSON.stringify(input)} ;; say: sent`);
      await cli.result();
      await sleep(1_500);
    },
  },
  'compact-clear': {
    run: async (cli) => {
      for (const text of ['say: one', '/compact', '/clear', 'say: fresh']) {
        cli.say(text);
        await cli.result();
      }
    },
  },
  controls: {
    run: async (cli) => {
      await cli.control({ subtype: 'initialize' });
      cli.say('say: one');
      await cli.result();
      await cli.control({ subtype: 'set_model', model: 'claude-other-1' });
      await cli.control({ subtype: 'set_permission_mode', mode: 'acceptEdits' });
      await cli.control({ subtype: 'no_such_thing' });
      cli.say('say: two');
      await cli.result();
    },
  },
  'resume-unknown': {
    resume: '11111111-1111-4111-8111-111111111111',
    run: (cli) => cli.control({ subtype: 'initialize' }).catch(() => undefined),
  },
  kill: {
    run: async (cli) => {
      cli.say('slow: 20 ;; say: aaaa bbbb cccc dddd');
      await cli.until(({ type }) => type === 'stream_event');
      await sleep(500);
      process.kill(cli.pid, 'SIGKILL');
    },
  },
};

/** Records every scenario with every installed version into `folder`/<version>/<scenario>.jsonl. */
export async function recordClaudeCode(folder: string): Promise<void> {
  const model = await startModelServer();
  try {
    for (const version of CLAUDE_VERSIONS) {
      const target = join(folder, version);
      await rm(target, { recursive: true, force: true });
      await mkdir(target, { recursive: true });
      for (const [name, scenario] of Object.entries(SCENARIOS)) {
        const text = await record(version, scenario, model.url);
        await writeFile(join(target, `${name}.jsonl`), text);
        console.log(`${version} ${name}: ${text.length} bytes`);
      }
    }
  } finally {
    await model.close();
  }
}

async function record(version: string, scenario: Scenario, modelUrl: string): Promise<string> {
  const place = await freshPlace();
  const settings = { mode: scenario.mode ?? 'default', model: undefined, effort: undefined };
  const resume = scenario.resume === undefined ? {} : { resume: scenario.resume as never };
  const options = parseOptions({}, place.workDir);
  const files = { append: undefined, replace: undefined };
  const { args } = commandLine(options, { allowedTools: [], ...resume }, settings, files);
  const cli = new RecordedCli(claudeBinary(version), args, place.workDir, envFor(place.home, modelUrl));
  try {
    await scenario.run(cli, place);
  } finally {
    await cli.end();
    await place.remove();
  }
  const clean = (line: string) =>
    line
      .replaceAll(place.workDir, '/workdir')
      .replaceAll(projectSlug(place.workDir), '-workdir')
      .replaceAll(place.home, '/home/agent')
      .replaceAll(modelUrl, 'http://model');
  return cli.lines
    .map((entry) => `${JSON.stringify(trimLine({ ...entry, line: clean(entry.line) }))}\n`)
    .join('');
}
