import { describe, expect, it } from 'vitest';
import { detectLanguage, parseLanguage } from '../../src/i18n/languages.ts';
import { translate } from '../../src/i18n/translate.ts';

describe('parseLanguage', () => {
  it.each([
    ['English', 'en'],
    ['CN', 'zh'],
    ['中文', 'zh'],
    ['zh_TW', 'zh-TW'],
    ['zh-Hant', 'zh-TW'],
    ['jp', 'ja'],
    ['Spanish', 'es'],
    ['en-GB', 'en'],
  ])('reads %s as %s', (word, language) => {
    expect(parseLanguage(word)).toBe(language);
  });

  it('does not guess from a word it does not know', () => {
    expect(parseLanguage('auto')).toBeUndefined();
    expect(parseLanguage('')).toBeUndefined();
  });
});

describe('detectLanguage', () => {
  it.each([
    ['テストを直して', 'ja'],
    ['请修复测试', 'zh'],
    ['請修復測試', 'zh-TW'],
    ['¿puedes arreglar la prueba?', 'es'],
    ['please fix the test', 'en'],
  ])('hears %s as %s', (text, language) => {
    expect(detectLanguage(text)).toBe(language);
  });

  it('takes numbers and signs for no evidence', () => {
    expect(detectLanguage('42 !')).toBeUndefined();
  });
});

describe('translate', () => {
  const text = { en: 'Hi {name}', zh: '{name}', 'zh-TW': '{name}', ja: '{name}', es: 'Hola {name}' };

  it('fills in values, also those that look like places', () => {
    expect(translate(text, 'es', { name: '{other} $1' })).toBe('Hola {other} $1');
  });

  it('leaves a place without a value visible', () => {
    expect(translate(text, 'en')).toBe('Hi {name}');
  });
});
