// Stands for a daemon that is killed: starts the CLI, brings a turn to a stage, reports it, and waits for its death.
// The CLI writes its transcript in batches: what a stage is to show gets time to reach the disk.
import { spawn } from 'node:child_process';

const { command, args, cwd, env, prompts, stage } = JSON.parse(process.argv[2]);
const child = spawn(command, args, { cwd, env, stdio: ['pipe', 'pipe', 'ignore'], detached: true });
const send = (line) => child.stdin.write(`${JSON.stringify(line)}\n`);
let told = false;
function reached(after = 0) {
  if (!told) setTimeout(() => process.stdout.write(`${child.pid}\n`), after);
  told = true;
}

const target = prompts.at(-1).uuid;
let current;

function next() {
  current = prompts.shift();
  if (current) send({ type: 'user', message: { role: 'user', content: current.text }, uuid: current.uuid });
}

function read(line) {
  const last = current?.uuid === target;
  if (line.type === 'control_request') {
    if (stage === 'approval') return reached(500);
    const response = { behavior: 'allow', updatedInput: line.request.input };
    send({
      type: 'control_response',
      response: { subtype: 'success', request_id: line.request_id, response },
    });
    if (stage === 'tool') reached(1_000);
  } else if (line.type === 'result') {
    if (last) return reached(stage === 'settled' ? 500 : 0);
    next();
  } else if (last && stage === 'waiting' && line.status === 'requesting') reached(1_000);
  else if (last && stage === 'text' && line.event?.delta?.type === 'text_delta') {
    reached(1_000);
  }
}

let buffer = '';
child.stdout.on('data', (chunk) => {
  buffer += chunk;
  const lines = buffer.split('\n');
  buffer = lines.pop();
  for (const line of lines) read(JSON.parse(line));
});
next();
