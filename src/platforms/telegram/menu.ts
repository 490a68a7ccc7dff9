import type { MenuAbility, MenuEntry } from '../../core/platform.ts';
import type { TelegramClient } from './client.ts';

const MOST = 100;
const DESCRIPTION_CHARS = 256;

/** Publishes the "/" menu. */
export function menuOver(client: TelegramClient): MenuAbility {
  return {
    async publish(entries, signal) {
      const commands = toBotCommands(entries);
      await client.call('setMyCommands', { commands }, { kind: 'repeatable', signal });
    },
  };
}

/** Names as Telegram takes them (`a-b` becomes `a_b`), each once; those that cannot be written are left out. */
export function toBotCommands(entries: readonly MenuEntry[]): { command: string; description: string }[] {
  const found = new Map<string, string>();
  for (const { name, description } of entries) {
    const command = name.toLowerCase().replaceAll('-', '_');
    if (!/^[a-z0-9_]{1,32}$/.test(command) || found.has(command)) continue;
    found.set(command, shorten(description.trim() || name));
  }
  return [...found].slice(0, MOST).map(([command, description]) => ({ command, description }));
}

function shorten(text: string): string {
  const chars = [...text];
  return chars.length <= DESCRIPTION_CHARS ? text : `${chars.slice(0, DESCRIPTION_CHARS - 1).join('')}…`;
}
