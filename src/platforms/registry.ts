import type { PlatformDefinition } from '../core/platform.ts';

export interface PlatformEntry {
  readonly type: string;
  load(): Promise<PlatformDefinition>;
}

/** Every chat platform: one folder and one line each, loaded only when a project uses it. */
export const platformTypes: readonly PlatformEntry[] = [
  { type: 'telegram', load: async () => (await import('./telegram/index.ts')).telegram },
  { type: 'feishu', load: async () => (await import('./feishu/index.ts')).feishu },
  { type: 'lark', load: async () => (await import('./feishu/index.ts')).lark },
  { type: 'slack', load: async () => (await import('./slack/index.ts')).slack },
  { type: 'discord', load: async () => (await import('./discord/index.ts')).discord },
  { type: 'weixin', load: async () => (await import('./weixin/index.ts')).weixin },
];
