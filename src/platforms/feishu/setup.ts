import type { SetupGuide } from '../../core/platform.ts';

export function feishuSetup(name: 'Feishu' | 'Lark'): SetupGuide {
  const console = name === 'Feishu' ? 'https://open.feishu.cn/app' : 'https://open.larksuite.com/app';
  return {
    name,
    before: [],
    credentials: [
      { option: 'app_id', env: 'FEISHU_APP_ID', what: 'App ID, cli_…' },
      { option: 'app_secret', env: 'FEISHU_APP_SECRET', what: 'App Secret' },
    ],
    addressOption: 'domain',
    after: [
      `In the developer console (${console}) see that a version of the app is published and that you are in its range of availability.`,
      'Write to the bot.',
    ],
  };
}
