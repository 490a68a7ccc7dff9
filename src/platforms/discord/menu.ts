import { createHash } from 'node:crypto';
import type { MenuAbility, MenuEntry } from '../../core/platform.ts';
import type { DiscordApi } from './api.ts';
import { cut } from './components.ts';
import type { Memory } from './memory.ts';
import type { DiscordOptions } from './options.ts';

const MOST = 100;
/** The one option of every command: what is typed behind it. */
export const ARGUMENTS = 'args';

/** Publishes the commands: at once in one server, else for all places, which Discord spreads by itself. */
export function menuOver(api: DiscordApi, options: DiscordOptions, memory: Memory): MenuAbility {
  return {
    async publish(entries, signal) {
      const commands = toCommands(entries);
      const where = options.guildId ? `/guilds/${options.guildId}` : '';
      const mark = createHash('sha256')
        .update(`${where} ${JSON.stringify(commands)}`)
        .digest('hex')
        .slice(0, 16);
      // Publishing is limited to some hundred commands a day.
      if (memory.menu === mark) return;
      const application = memory.application ?? options.botId;
      await api.call('PUT', `/applications/${application}${where}/commands`, {
        kind: 'repeatable',
        signal,
        body: commands,
      });
      memory.menu = mark;
    },
  };
}

/** Names as Discord takes them, each once; those that cannot be written are left out. */
export function toCommands(entries: readonly MenuEntry[]) {
  const found = new Map<string, string>();
  for (const { name, description } of entries) {
    const command = name.toLowerCase();
    if (/^[-_\p{L}\p{N}]{1,32}$/u.test(command) && !found.has(command))
      found.set(command, cut(description.trim() || name, 100));
  }
  return [...found].slice(0, MOST).map(([name, description]) => ({
    type: 1,
    name,
    description,
    options: [
      {
        type: 3,
        name: ARGUMENTS,
        description: `/${name} …`,
        required: false,
        autocomplete: true,
        max_length: 1500,
      },
    ],
  }));
}
