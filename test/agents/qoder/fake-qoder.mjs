// A stand-in for qodercli in print mode, in the format that was seen. Directives beside those of turn-script.mjs:
//   tool (a shell command) · think TEXT · fail TEXT (an error result)
// Environment: FAKE_START_MS delays `--version`.
import { perform } from '../../sim/turn-script.mjs';

const args = process.argv.slice(2);
const session_id = args.includes('--resume')
  ? args[args.indexOf('--resume') + 1]
  : 'dbd05f0f-1ff6-43cc-813a-91529ea21ee9';
const put = (bytes) => process.stdout.write(bytes);
const write = (line) => put(`${JSON.stringify({ ...line, session_id })}\n`);

if (args.includes('--version')) {
  await new Promise((resolve) => setTimeout(resolve, Number(process.env.FAKE_START_MS ?? 0)));
  console.log('1.1.52');
  process.exit(0);
}
if (args.includes('--help')) {
  console.log(
    '-p, --print  --input-format  --output-format  -r, --resume  --model  --dangerously-skip-permissions',
  );
  process.exit(0);
}
let input = '';
for await (const chunk of process.stdin) input += chunk;
const { content } = JSON.parse(input).message;
const prompt = typeof content === 'string' ? content : content.at(-1).text;
const said = [];
const assistant = (block) => write({ type: 'assistant', message: { role: 'assistant', content: [block] } });
const say = (text) => {
  said.push(text);
  assistant({ type: 'text', text });
};
const result = (more) => {
  const usage = { input_tokens: 10, output_tokens: 5, cache_read_input_tokens: 2 };
  write({ type: 'result', subtype: 'success', is_error: false, total_cost_usd: 0.25, usage, ...more });
};

write({ type: 'system', subtype: 'init', cwd: process.cwd(), model: 'auto' });
await perform(prompt, {
  say,
  write: put,
  special: (word, rest) => {
    if (word === 'think') assistant({ type: 'thinking', thinking: rest });
    else if (word === 'images') say(`images: ${content.filter(({ type }) => type === 'image').length}`);
    else if (word === 'tool') {
      assistant({ type: 'tool_use', id: 't1', name: 'Bash', input: { command: 'make it' } });
      const block = { type: 'tool_result', tool_use_id: 't1', content: 'made' };
      write({ type: 'user', message: { role: 'user', content: [block] } });
    } else if (word === 'fail') {
      result({ is_error: true, result: rest });
      process.exit(1);
    }
  },
});
result({ result: said.join('') });
