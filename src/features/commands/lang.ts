import type { Button } from '../../core/card.ts';
import type { CommandSpec } from '../../engine/command.ts';
import { type Language, languages, parseLanguage } from '../../i18n/languages.ts';
import { settingTexts as texts } from '../../i18n/texts/commands/settings.ts';
import { translate } from '../../i18n/translate.ts';

const ownNames: Readonly<Record<Language, string>> = {
  en: 'English',
  zh: '简体中文',
  'zh-TW': '繁體中文',
  ja: '日本語',
  es: 'Español',
};

export const langCommand: CommandSpec = {
  name: 'lang',
  when: (args) => (args.length > 0 ? 'ordered' : 'immediate'),
  group: 'system',
  summary: texts.langSummary,
  usage: '[en | zh | zh-TW | ja | es | auto]',
  suggest: ({ say }) => [
    ...languages.map((one) => ({ value: one, label: ownNames[one] })),
    { value: 'auto', label: say(texts.automatic) },
  ],
  async run({ context, input, sender, rest, language, say }) {
    if (!rest) return languageCard(language, say(texts.langTitle), say(texts.automatic));
    const automatic = rest.toLowerCase() === 'auto';
    const wanted = automatic ? undefined : parseLanguage(rest);
    if (!automatic && !wanted)
      return say(texts.langUnknown, { wanted: rest, languages: [...languages, 'auto'].join(', ') });
    await context.languages.choose(input.account, sender, wanted);
    const spoken = wanted ?? context.languages.of(input.account, sender, context.settings.language);
    return translate(wanted ? texts.langChanged : texts.langAuto, spoken);
  },
};

function languageCard(current: Language, title: string, automatic: string) {
  const buttons: Button[] = languages.map((one) => ({
    label: ownNames[one],
    data: `act:/lang ${one}`,
    style: one === current ? 'primary' : 'default',
  }));
  const rows = [buttons.slice(0, 3), [...buttons.slice(3), { label: automatic, data: 'act:/lang auto' }]];
  return {
    title,
    tone: 'wathet' as const,
    blocks: [
      { kind: 'text' as const, markdown: ownNames[current] },
      { kind: 'buttons' as const, rows },
    ],
  };
}
