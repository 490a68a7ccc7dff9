import { AppError, describeError } from '../../core/errors.ts';
import type { Finding } from '../../core/platform.ts';
import type { DiscordApi } from './api.ts';

/** Rights an application has asked for: message content, ordinary or for few servers. */
const MESSAGE_CONTENT = (1 << 18) | (1 << 19);
const FEW_STARTS = 20;

/** For `doctor`: is the token good, may the bot read messages, is it in a server, are starts left today. */
export async function checkDiscord(
  api: DiscordApi,
  guildId: string | undefined,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const how = { kind: 'repeatable', signal } as const;
  const findings: Finding[] = [];
  try {
    const me = await api.call<{ username: string; id: string }>('GET', '/users/@me', how);
    findings.push({ level: 'ok', what: `Discord: the token is that of ${me.username}` });
    const application = await api.call<{ flags?: number }>('GET', '/applications/@me', how);
    findings.push(
      (application.flags ?? 0) & MESSAGE_CONTENT
        ? { level: 'ok', what: 'Discord: the bot may read messages' }
        : {
            level: 'error',
            what: 'Discord: the bot may not read messages (Message Content Intent is off)',
            fix: 'switch it on in the Developer Portal: your application, Bot, Privileged Gateway Intents',
          },
    );
    const guilds = await api.call<readonly { id: string }[]>('GET', '/users/@me/guilds', how);
    findings.push(...guildFindings(guilds, guildId, me.id));
    const gateway = await api.call<{ session_start_limit?: { remaining?: number } }>(
      'GET',
      '/gateway/bot',
      how,
    );
    const left = gateway.session_start_limit?.remaining;
    if (left !== undefined && left < FEW_STARTS)
      findings.push({
        level: 'warning',
        what: `Discord: only ${left} connections are left today`,
        fix: 'something restarts too often, or another program uses this bot: give cc-connect one of its own',
      });
  } catch (error) {
    const advice = error instanceof AppError ? error.advice : undefined;
    findings.push({
      level: 'error',
      what: `Discord: ${error instanceof AppError ? error.message : describeError(error)}`,
      ...(advice ? { fix: advice } : {}),
      ...(findings.length === 0 ? { unconfirmed: true } : {}),
    });
  }
  return findings;
}

function guildFindings(
  guilds: readonly { id: string }[],
  wanted: string | undefined,
  bot: string,
): Finding[] {
  const invite = `https://discord.com/oauth2/authorize?client_id=${bot}&scope=bot+applications.commands&permissions=309237763136`;
  if (guilds.length === 0)
    return [{ level: 'warning', what: 'Discord: the bot is in no server', fix: `add it with ${invite}` }];
  if (wanted !== undefined && !guilds.some(({ id }) => id === wanted))
    return [
      {
        level: 'error',
        what: `Discord: the bot is not in the server ${wanted} that guild_id names`,
        fix: `correct guild_id, or add the bot with ${invite}`,
      },
    ];
  return [
    { level: 'ok', what: `Discord: the bot is in ${guilds.length} server${guilds.length === 1 ? '' : 's'}` },
  ];
}
