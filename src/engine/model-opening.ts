import { turnTexts as texts } from '../i18n/texts/turn.ts';
import type { SessionRow } from '../store/rows.ts';
import type { ProjectContext } from './project-context.ts';
import type { Turn } from './turn.ts';

/** Hands a prompt over with the conversation's model made available first, where the project has a program for that. */
export function withModel<T>(
  context: ProjectContext,
  turn: Turn,
  session: SessionRow,
  work: () => Promise<T>,
): Promise<T> {
  const settings = context.settings.modelSwitch;
  const member = context.agents.usable(session);
  const model = session.model ?? member.agent.defaultModel;
  if (!settings || !model) return work();
  const request = {
    settings,
    to: { model, agent: member.name, provider: member.provider ?? '' },
    cwd: session.workDir ?? member.agent.workDir,
    env: member.baseEnv,
    signal: turn.abort.signal,
    warn: (error: Error) => {
      context.log.warn({ turn: turn.id, error: error.message }, 'model not switched');
      context.delivery.progress(turn.address, turn.say(texts.modelSwitchFailed, { error: error.message }));
    },
  };
  return context.modelSwitch.around(request, work);
}
