// A stand-in for the iFlow CLI with `-p`, after its documentation: the answer goes into a transcript, and as plain text
// to stdout. Directives beside those of turn-script.mjs: tool · raw JSON (a transcript line as it is).
// Environment: FAKE_START_MS delays `--version`.
import { appendFileSync, mkdirSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { perform } from '../../sim/turn-script.mjs';

const args = process.argv.slice(2);
const argumentOf = (flag) => (args.includes(flag) ? args[args.indexOf(flag) + 1] : undefined);
if (args.includes('--version')) {
  await new Promise((resolve) => setTimeout(resolve, Number(process.env.FAKE_START_MS ?? 0)));
  console.log('0.4.8');
  process.exit(0);
}
if (args.includes('--help')) {
  console.log(
    'Options:\n  -m, --model\n  -p, --prompt\n  -y, --yolo\n  --autoEdit\n  --plan\n  --default\n  -r, --resume',
  );
  process.exit(0);
}

const sessionId = argumentOf('-r') ?? `session-${process.pid}-${Date.now()}`;
const folder = join(process.env.HOME, '.iflow', 'projects', realpathSync(process.cwd()).replaceAll('/', '-'));
mkdirSync(folder, { recursive: true });
const put = (bytes) => appendFileSync(join(folder, `${sessionId}.jsonl`), bytes);
const write = (type, content) =>
  put(
    `${JSON.stringify({ sessionId, type, timestamp: new Date().toISOString(), message: { role: type, content } })}\n`,
  );
const say = (text) => {
  write('assistant', [{ type: 'text', text }]);
  console.log(text);
};
const prompt = argumentOf('-p');
write('user', prompt);
await perform(prompt, {
  say,
  write: put,
  special: (word, rest) => {
    if (word === 'tool') {
      write('assistant', [
        { type: 'tool_use', id: 'sh:1', name: 'run_shell_command', input: { command: 'make' } },
      ]);
      const response = { output: 'made' };
      write('user', [
        { type: 'tool_result', tool_use_id: 'sh:1', content: { functionResponse: { response } } },
      ]);
    } else if (word === 'raw') put(`${rest}\n`);
  },
});
process.stderr.write(`<Execution Info>\n{\n  "session-id": "${sessionId}"\n}\n</Execution Info>\n`);
