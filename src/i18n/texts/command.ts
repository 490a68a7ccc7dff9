import type { TextArea } from '../languages.ts';

/** What is said about commands as such. */
export const commandTexts = {
  failed: {
    en: '❌ /{command} failed: {error}',
    zh: '❌ /{command} 执行失败：{error}',
    'zh-TW': '❌ /{command} 執行失敗：{error}',
    ja: '❌ /{command} に失敗しました: {error}',
    es: '❌ /{command} falló: {error}',
  },
  unknown: {
    en: 'ℹ️ /{command} is not a command of cc-connect; it goes to the agent as it is.',
    zh: 'ℹ️ /{command} 不是 cc-connect 的命令，已原样转给智能体。',
    'zh-TW': 'ℹ️ /{command} 不是 cc-connect 的指令，已原樣轉給代理程式。',
    ja: 'ℹ️ /{command} は cc-connect のコマンドではないため、そのままエージェントに渡します。',
    es: 'ℹ️ /{command} no es un comando de cc-connect; se pasa tal cual al agente.',
  },
} satisfies TextArea;
