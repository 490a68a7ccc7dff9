import type { CommandSpec } from '../../engine/command.ts';
import { shortDir } from '../../engine/footer.ts';
import { sessionTexts as texts } from '../../i18n/texts/commands/sessions.ts';
import { settingTexts } from '../../i18n/texts/commands/settings.ts';
import { statusTexts } from '../../i18n/texts/commands/status.ts';
import { agentSettings } from './agent-settings.ts';
import { titleOf } from './conversations.ts';
import { shortMoment } from './moments.ts';
import { ownMember } from './own-agent.ts';
import { projectHere } from './project-here.ts';

export const currentCommand: CommandSpec = {
  name: 'current',
  when: 'immediate',
  group: 'session',
  summary: texts.currentSummary,
  run(call) {
    const { actor, context, say } = call;
    const row = actor.sessions.active(call.address);
    const { mode, model } = agentSettings(call);
    const fields = [
      { label: say(statusTexts.project), value: projectHere(call) },
      { label: say(texts.name), value: titleOf(call, row) },
      { label: say(statusTexts.agent), value: ownMember(call).label },
      { label: say(texts.id), value: row.id },
      { label: say(texts.agentId), value: row.nativeId ?? '–' },
      { label: say(texts.messageCount), value: String(context.queries.historyCount(row.id)) },
      { label: say(texts.lastUsed), value: shortMoment(row.lastUserAt || row.updatedAt) },
      { label: say(settingTexts.modeTitle), value: mode },
      { label: say(settingTexts.modelTitle), value: model },
      {
        label: say(statusTexts.workDir),
        value: shortDir(row.workDir ?? ownMember(call).agent?.workDir ?? '–'),
      },
    ];
    return { title: say(texts.currentTitle), tone: 'turquoise', blocks: [{ kind: 'fields', fields }] };
  },
};
