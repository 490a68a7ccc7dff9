import { connect } from 'node:net';

/** Longest request of a hook; the whole content of a file may be in it. */
export const MAX_HOOK_BYTES = 16 * 1024 * 1024;

/**
 * Sends one request over a local socket and gives the whole answer: how a hook, run by an agent, reaches the adapter
 * that waits for it. The other side may take as long as a person does. Rejects when it goes away without an answer.
 */
export function askOverSocket(path: string, request: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ path, allowHalfOpen: true });
    let answer = '';
    socket.setEncoding('utf8');
    socket.on('data', (chunk: string) => {
      answer += chunk;
    });
    socket.on('error', reject);
    socket.on('end', () => {
      socket.end();
      if (answer === '') reject(new Error('no answer came'));
      else resolve(answer);
    });
    socket.end(request);
  });
}
