import type { CommandSpec } from '../../engine/command.ts';
import { inlineCode } from '../../engine/tool-format.ts';
import { settingTexts as texts } from '../../i18n/texts/commands/settings.ts';

/** A rule like `Read` or `Bash(git log:*)`; never something that could pass for an option of the agent's program. */
const toolRule = /^[\p{L}_][\p{L}\p{N}_.:-]*(\(.{1,200}\))?$/u;

export const allowCommand: CommandSpec = {
  name: 'allow',
  when: 'immediate',
  group: 'agent',
  summary: texts.allowSummary,
  usage: '[tool]',
  run({ context, rest, say }) {
    if (rest) {
      if (!toolRule.test(rest)) return say(texts.allowInvalid);
      if (!context.allowedTools.includes(rest)) context.allowedTools = [...context.allowedTools, rest];
      return say(texts.allowAdded, { tool: inlineCode(rest) });
    }
    const { allowedTools } = context;
    if (allowedTools.length === 0) return say(texts.allowNone);
    return say(texts.allowList, { tools: allowedTools.map(inlineCode).join(', ') });
  },
};
