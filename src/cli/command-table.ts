import type { Io } from './io.ts';

/** A command: arguments after its word, to an exit code. */
export type Command = (argv: readonly string[], io: Io) => Promise<number>;

export interface CommandEntry {
  /** One line for `--help`; empty hides it. */
  readonly summary: string;
  load(): Promise<Command>;
}

/** Every word after `cc-connect`. Adding a command is a file and a line here. */
export const commandTable: Readonly<Record<string, CommandEntry>> = {
  chat: {
    summary: 'talk to an agent in this terminal',
    load: async () => (await import('./chat/command.ts')).chat,
  },
  send: {
    summary: 'put a message, picture or file into a chat',
    load: async () => (await import('./send.ts')).send,
  },
  sessions: {
    summary: 'list conversations, show one',
    load: async () => (await import('./sessions.ts')).sessions,
  },
  'agent-sid': {
    summary: "print the agent's own id of a conversation",
    load: async () => (await import('./agent-sid.ts')).agentSid,
  },
  status: {
    summary: 'what the running daemon is doing',
    load: async () => (await import('./status.ts')).status,
  },
  trace: {
    summary: 'all that happened to one message',
    load: async () => (await import('./trace.ts')).trace,
  },
  audit: {
    summary: 'who was let in, refused or turned out',
    load: async () => (await import('./audit.ts')).audit,
  },
  routes: {
    summary: 'which project gets the messages of a bot, and why',
    load: async () => (await import('./routes.ts')).routes,
  },
  reload: {
    summary: 'apply the changed configuration',
    load: async () => (await import('./reload.ts')).reload,
  },
  pair: {
    summary: 'approve, list and revoke people',
    load: async () => (await import('./pair.ts')).pair,
  },
  config: {
    summary: 'find, check, format the configuration',
    load: async () => (await import('./config.ts')).config,
  },
  import: {
    summary: "take over the Go version's sessions",
    load: async () => (await import('./import.ts')).importCommand,
  },
  doctor: {
    summary: 'find out what is wrong and how to fix it',
    load: async () => (await import('./doctor/command.ts')).doctor,
  },
  telegram: {
    summary: 'connect Telegram: check the token, write the configuration',
    load: async () => (await import('./setup/commands.ts')).telegram,
  },
  slack: {
    summary: 'connect Slack; print an app manifest',
    load: async () => (await import('./setup/commands.ts')).slack,
  },
  discord: {
    summary: 'connect Discord',
    load: async () => (await import('./setup/commands.ts')).discord,
  },
  feishu: {
    summary: 'connect Feishu or Lark, by QR code or with an app you have',
    load: async () => (await import('./setup/feishu.ts')).feishu,
  },
  weixin: {
    summary: 'connect Weixin by QR code',
    load: async () => (await import('./setup/weixin.ts')).weixin,
  },
  'config-example': {
    summary: '',
    load: async () => (await import('./config.ts')).configExample,
  },
  '_agy-permission-hook': {
    summary: '',
    load: async () => (await import('./agy-permission-hook.ts')).agyPermissionHook,
  },
  '__demo-agent': {
    summary: '',
    load: async () => (await import('./demo-agent.ts')).demoAgent,
  },
};

/** Words of the Go cc-connect whose features are not here yet. */
export const later: readonly string[] = [
  'cron',
  'timer',
  'at',
  'relay',
  'daemon',
  'provider',
  'yuanbao',
  'tuitui',
  'web',
  'update',
  'check-update',
];
