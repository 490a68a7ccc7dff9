import type { SetupGuide } from '../../core/platform.ts';

export const slackSetup: SetupGuide = {
  name: 'Slack',
  before: [
    'Print the manifest with "cc-connect slack manifest"; at https://api.slack.com/apps choose Create New App › From a manifest and paste it.',
    'Under Basic Information › App-Level Tokens make a token with the scope connections:write: it begins with xapp-.',
    'Under Install App install it to the workspace and copy the Bot User OAuth Token: it begins with xoxb-.',
  ],
  credentials: [
    { option: 'bot_token', env: 'SLACK_BOT_TOKEN', what: 'Bot User OAuth Token, xoxb-…' },
    { option: 'app_token', env: 'SLACK_APP_TOKEN', what: 'App-level token, xapp-…' },
  ],
  addressOption: 'api_url',
  after: ['Write to the bot in Slack, or invite it to a channel with /invite.'],
};
