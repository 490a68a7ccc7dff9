import type { ProcessExit } from '../process/owned-process.ts';

const MAX_LINES = 6;
const MAX_CHARS = 600;
/** Shorter values are no secrets, and hiding them would hide half the text. */
const MIN_SECRET = 8;

/**
 * What a person should read about a process that ended: how, and the last lines of its stderr without the
 * secrets of its environment. Undefined for a plain exit with nothing to say.
 */
export function exitDetail(exit: ProcessExit, env: Readonly<Record<string, string>>): string | undefined {
  const how = exit.signal === null ? `exit code ${exit.code ?? '?'}` : exit.signal;
  const said = lastWords(exit.stderrTail, env);
  if (exit.code === 0 && said === '') return undefined;
  return said === '' ? `The agent process ended (${how}).` : `The agent process ended (${how}): ${said}`;
}

function lastWords(stderr: string, env: Readonly<Record<string, string>>): string {
  let text = stderr.trim().split('\n').slice(-MAX_LINES).join('\n').slice(-MAX_CHARS).trim();
  for (const [name, value] of Object.entries(env)) {
    if (value.length >= MIN_SECRET && /KEY|TOKEN|SECRET|PASS|AUTH|CREDENTIAL/i.test(name)) {
      text = text.replaceAll(value, '[hidden]');
    }
  }
  return text;
}
