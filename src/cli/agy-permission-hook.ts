import { askOverSocket, MAX_HOOK_BYTES } from '../kit/hook-line.ts';
import type { Io } from './io.ts';

/** Path of the socket of the conversation that a hook belongs to; see src/agents/antigravity. */
const SOCKET_VARIABLE = 'CC_AGY_HOOK_SOCKET';

/**
 * Hidden: run by the Antigravity CLI before each tool. Hands what it is told on stdin to the daemon and prints the
 * decision. Whatever goes wrong is a refusal, never an approval.
 */
export async function agyPermissionHook(_argv: readonly string[], io: Io): Promise<number> {
  const socket = io.env[SOCKET_VARIABLE];
  try {
    if (!socket) throw new Error(`${SOCKET_VARIABLE} is not set`);
    io.out((await askOverSocket(socket, await readAll(io.stdin))).trim());
  } catch (error) {
    const reason = `cc-connect could not be asked: ${(error as Error).message}`;
    io.out(JSON.stringify({ decision: 'deny', reason }));
  }
  return 0;
}

async function readAll(input: AsyncIterable<Buffer | string>): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const piece of input) {
    const chunk = Buffer.from(piece);
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > MAX_HOOK_BYTES) throw new Error('the request is too long');
  }
  return Buffer.concat(chunks).toString('utf8');
}
