/** What the bot token must be allowed to do, and what for. The manifest asks for exactly these. */
export const neededScopes: Readonly<Record<string, string>> = {
  'app_mentions:read': 'hear when it is mentioned',
  'channels:history': 'read public channels it is in',
  'channels:read': 'know the names of channels',
  'chat:write': 'write messages',
  commands: 'take slash commands',
  'files:read': 'fetch files people send',
  'files:write': 'send files',
  'groups:history': 'read private channels it is in',
  'groups:read': 'know the names of private channels',
  'im:history': 'read direct messages',
  'im:read': 'know direct messages',
  'im:write': 'open direct messages',
  'mpim:history': 'read group messages',
  'mpim:read': 'know group messages',
  'reactions:write': 'react to messages it works on',
};

/** What makes things nicer where it is granted. */
export const niceScopes: Readonly<Record<string, string>> = {
  'assistant:write': 'show a status while it works',
  'users:read': 'know the names of people',
};

export const events: readonly string[] = [
  'app_mention',
  'assistant_thread_started',
  'message.channels',
  'message.groups',
  'message.im',
  'message.mpim',
];
