import type { OptionReader } from './option-reader.ts';

/** Whether what is said in a group is for the bot also without a mention: said by either option. */
export function repliesToAll(options: OptionReader<'require_mention' | 'group_reply_all'>): boolean {
  const mentioned = options.flag('require_mention') ?? true;
  const all = options.flag('group_reply_all') ?? false;
  return all || !mentioned;
}
