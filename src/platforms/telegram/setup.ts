import type { SetupGuide } from '../../core/platform.ts';

export const telegramSetup: SetupGuide = {
  name: 'Telegram',
  before: [
    'In Telegram write /newbot to @BotFather (https://t.me/BotFather) and choose a name.',
    'Copy the token it answers with; it has the form 123456789:AA…',
  ],
  credentials: [{ option: 'token', env: 'TELEGRAM_BOT_TOKEN', what: 'Bot token from @BotFather' }],
  addressOption: 'api_base',
  after: ['Write to the bot in Telegram.'],
};
