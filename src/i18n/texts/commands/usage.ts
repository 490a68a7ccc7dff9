import type { TextArea } from '../../languages.ts';

/** `/usage`: tokens, cost and what is left of the account's allowances. */
export const usageTexts = {
  summary: {
    en: 'Tokens, cost and what is left of your allowance',
    zh: '查看用量、费用和剩余额度',
    'zh-TW': '查看用量、費用和剩餘額度',
    ja: 'トークン、費用、残りの利用枠を表示',
    es: 'Tokens, coste y lo que queda de tu cupo',
  },
  title: { en: 'Usage', zh: '用量', 'zh-TW': '用量', ja: '使用量', es: 'Uso' },
  lastTurn: { en: 'Last turn', zh: '上一轮', 'zh-TW': '上一輪', ja: '直近のターン', es: 'Último turno' },
  context: { en: 'Context', zh: '上下文', 'zh-TW': '上下文', ja: 'コンテキスト', es: 'Contexto' },
  cost: {
    en: 'Cost since the start',
    zh: '启动以来的费用',
    'zh-TW': '啟動以來的費用',
    ja: '起動後の費用',
    es: 'Coste desde el inicio',
  },
  left: {
    en: '{window}: {percent} % left',
    zh: '{window}：剩余 {percent} %',
    'zh-TW': '{window}：剩餘 {percent} %',
    ja: '{window}：残り {percent} %',
    es: '{window}: queda el {percent} %',
  },
  leftUntil: {
    en: '{window}: {percent} % left, whole again in {duration}',
    zh: '{window}：剩余 {percent} %，{duration} 后恢复',
    'zh-TW': '{window}：剩餘 {percent} %，{duration} 後恢復',
    ja: '{window}：残り {percent} %、{duration} 後に回復',
    es: '{window}: queda el {percent} %, completo de nuevo en {duration}',
  },
  allowance: { en: 'Allowance', zh: '额度', 'zh-TW': '額度', ja: '利用枠', es: 'Cupo' },
  unknown: {
    en: 'Nothing is known yet: the agent tells it while it answers.',
    zh: '暂无数据：智能体会在回答时提供。',
    'zh-TW': '暫無資料：代理程式會在回答時提供。',
    ja: 'まだ情報がありません。エージェントが回答するときに分かります。',
    es: 'Aún no se sabe nada: el agente lo dice al responder.',
  },
} as const satisfies TextArea;
