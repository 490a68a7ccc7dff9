import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TmuxServer } from './server.ts';

/**
 * What is typed for a prompt: line ends as \n, and no control characters but tabs and line ends: an escape
 * sequence from a chat would be a key press, or end the paste early.
 */
export function typeable(text: string): string {
  return text.replaceAll(/\r\n?/g, '\n').replaceAll(CONTROL, '').replace(/\n+$/, '');
}

const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g;

/**
 * Puts a text into the pane's program through a paste buffer filled from stdin, never through argv or a shell.
 * A program that understands bracketed paste gets it as one; others get its lines as typed.
 */
export async function typeText(
  server: TmuxServer,
  pane: string,
  text: string,
  signal: AbortSignal,
): Promise<void> {
  const buffer = `cc-connect-${randomUUID()}`;
  // The keys of somebody who scrolls in the pane go to the scrolling, not to the program.
  await server.run(['if-shell', '-F', '-t', pane, '#{pane_in_mode}', `send-keys -t ${pane} -X cancel`]);
  if (text === '') return;
  await server.run(['load-buffer', '-b', buffer, '-'], text, signal);
  await server.run(['paste-buffer', '-p', '-d', '-b', buffer, '-t', pane]);
}

/** Presses keys by tmux's names, one after another. */
export async function pressKeys(server: TmuxServer, pane: string, keys: readonly string[]): Promise<void> {
  for (const [at, key] of keys.entries()) {
    // Programs wait a moment after Escape for the rest of a sequence.
    if (at > 0) await sleep(100);
    await server.run(['send-keys', '-t', pane, key]);
  }
}
