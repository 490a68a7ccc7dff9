import type { SetupGuide } from '../../core/platform.ts';

export const discordSetup: SetupGuide = {
  name: 'Discord',
  before: [
    'At https://discord.com/developers/applications make an application.',
    'Under Bot switch on Message Content Intent, press Reset Token and copy the token.',
  ],
  credentials: [{ option: 'token', env: 'DISCORD_BOT_TOKEN', what: 'Bot token' }],
  addressOption: 'api_url',
  after: ['Write to the bot in Discord, or mention it in a channel.'],
};
