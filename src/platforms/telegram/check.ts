import { AppError, describeError } from '../../core/errors.ts';
import type { Finding } from '../../core/platform.ts';
import type { TelegramClient } from './client.ts';

const MANY_PENDING = 1000;

/** For `doctor`: is the token good, does the bot see groups, does a webhook take the updates away. */
export async function checkTelegram(
  client: TelegramClient,
  groupReplyAll: boolean,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const how = { kind: 'repeatable', signal } as const;
  const findings: Finding[] = [];
  try {
    const me = await client.call('getMe', {}, how);
    findings.push({ level: 'ok', what: `Telegram: the token is that of @${me.username}` });
    if (!me.can_read_all_group_messages)
      findings.push(
        groupReplyAll
          ? {
              level: 'warning',
              what: 'Telegram: group_reply_all is set, but privacy mode hides most group messages from the bot',
              fix: 'send /setprivacy to @BotFather, choose Disable, then remove the bot from the group and add it again',
            }
          : {
              level: 'ok',
              what: 'Telegram: in groups the bot sees commands, mentions and replies (privacy mode)',
            },
      );
    const hook = await client.call('getWebhookInfo', {}, how);
    if (hook.url)
      findings.push({
        level: 'warning',
        what: 'Telegram: a webhook is set for this bot, so updates go elsewhere',
        fix: 'it is removed when cc-connect starts; if something else uses this bot, give cc-connect one of its own',
      });
    if (hook.pending_update_count > MANY_PENDING)
      findings.push({ level: 'warning', what: `Telegram: ${hook.pending_update_count} updates are waiting` });
  } catch (error) {
    const advice = error instanceof AppError ? error.advice : undefined;
    findings.push({
      level: 'error',
      what: `Telegram: ${error instanceof AppError ? error.message : describeError(error)}`,
      ...(advice ? { fix: advice } : {}),
      ...(findings.length === 0 ? { unconfirmed: true } : {}),
    });
  }
  return findings;
}
