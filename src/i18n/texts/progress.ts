import type { TextArea } from '../languages.ts';

/** What the card about a turn's steps says. */
export const progressTexts = {
  running: {
    en: '⏳ Working',
    zh: '⏳ 进行中',
    'zh-TW': '⏳ 進行中',
    ja: '⏳ 作業中',
    es: '⏳ En curso',
  },
  completed: {
    en: '✅ Completed',
    zh: '✅ 已完成',
    'zh-TW': '✅ 已完成',
    ja: '✅ 完了',
    es: '✅ Terminado',
  },
  failed: {
    en: '⏹ Ended early',
    zh: '⏹ 提前结束',
    'zh-TW': '⏹ 提前結束',
    ja: '⏹ 途中で終了',
    es: '⏹ Terminado antes de tiempo',
  },
  earlier: {
    en: '… {count} earlier',
    zh: '… 之前 {count} 条',
    'zh-TW': '… 先前 {count} 項',
    ja: '… ほかに {count} 件',
    es: '… {count} anteriores',
  },
} satisfies TextArea;
