export const languages = ['en', 'zh', 'zh-TW', 'ja', 'es'] as const;
export type Language = (typeof languages)[number];

/** One text in every language; a missing one is a type error. `{name}` marks a value to fill in. */
export type Text = Readonly<Record<Language, string>>;
export type TextArea = Readonly<Record<string, Text>>;

const synonyms: Readonly<Record<string, Language>> = {
  en: 'en',
  english: 'en',
  英文: 'en',
  zh: 'zh',
  cn: 'zh',
  chinese: 'zh',
  中文: 'zh',
  简体: 'zh',
  'zh-cn': 'zh',
  'zh-hans': 'zh',
  'zh-tw': 'zh-TW',
  zhtw: 'zh-TW',
  tw: 'zh-TW',
  繁體: 'zh-TW',
  繁体: 'zh-TW',
  'zh-hant': 'zh-TW',
  'zh-hk': 'zh-TW',
  ja: 'ja',
  jp: 'ja',
  japanese: 'ja',
  日本語: 'ja',
  es: 'es',
  spanish: 'es',
  español: 'es',
  espanol: 'es',
};

/** A language from what a person or a config wrote; undefined means "detect". */
export function parseLanguage(value: string): Language | undefined {
  const word = value.trim().toLowerCase().replaceAll('_', '-');
  return synonyms[word] ?? synonyms[word.split('-')[0] ?? ''];
}

/** Guesses from the letters of a text: kana → ja, Han → zh, Spanish marks → es, else undefined (no evidence). */
export function detectLanguage(text: string): Language | undefined {
  if (/[\u3040-\u30ff]/.test(text)) return 'ja';
  if (/[\u4e00-\u9fff]/.test(text)) return /[們這個為開對說時會來過還後麼嗎請]/.test(text) ? 'zh-TW' : 'zh';
  if (/[¿¡ñáéíóú]/i.test(text) && /\b(el|la|los|las|que|por|para|una?|es|está|cómo|qué|hola)\b/i.test(text))
    return 'es';
  return /[a-z]{3}/i.test(text) ? 'en' : undefined;
}
