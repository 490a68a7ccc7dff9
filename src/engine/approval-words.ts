export type Verdict = 'allow' | 'allow_all' | 'deny';

const words: Readonly<Record<Verdict, readonly string[]>> = {
  allow_all: [
    'allow all',
    'approve all',
    'yes all',
    'allowall',
    '允许所有',
    '允许全部',
    '全部允许',
    '所有允许',
    '都允许',
    '全部同意',
    '全部允許',
    '允許全部',
    '允許所有',
    'すべて許可',
    '全て許可',
    'permitir todo',
    'aprobar todo',
  ],
  allow: [
    'allow',
    'yes',
    'y',
    'ok',
    'okay',
    'approve',
    '允许',
    '允許',
    '同意',
    '可以',
    '好',
    '好的',
    '是',
    '确认',
    '確認',
    '許可',
    'はい',
    '承認',
    'いいよ',
    'sí',
    'si',
    'permitir',
    'aprobar',
    'vale',
  ],
  deny: [
    'deny',
    'no',
    'n',
    'reject',
    'cancel',
    '拒绝',
    '拒絕',
    '不允许',
    '不允許',
    '不行',
    '不',
    '否',
    '取消',
    'いいえ',
    '拒否',
    'だめ',
    'ダメ',
    'denegar',
    'rechazar',
    'cancelar',
  ],
};

/**
 * What a text means as an answer to a permission request: the whole text, after trimming, a mention and closing
 * punctuation, must be one of the words. "Do not allow this" and "allow me to explain" mean nothing.
 */
export function verdictOf(text: string): Verdict | undefined {
  const bare = text
    .trim()
    .replace(/^@\S+\s+|\s+@\S+$/g, '')
    .replace(/[\s.!。！~～"'“”‘’「」]+$/u, '')
    .replace(/^["'“”‘’「」]+/u, '')
    .replace(/\s+/g, ' ')
    .toLowerCase();
  for (const verdict of ['allow_all', 'allow', 'deny'] as const)
    if (words[verdict].includes(bare)) return verdict;
  return undefined;
}
