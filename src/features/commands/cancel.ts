import type { CommandCall, CommandSpec } from '../../engine/command.ts';
import { controlTexts as texts } from '../../i18n/texts/commands/control.ts';
import { nameBackground } from './end-agent.ts';

export const cancelCommand: CommandSpec = {
  name: 'cancel',
  when: 'immediate',
  group: 'session',
  summary: texts.cancelSummary,
  async run(call) {
    const fresh = startOver(call);
    // What waits must not start in the old conversation meanwhile.
    call.actor.block(fresh.then(() => undefined));
    const count = await fresh;
    return count > 0 ? call.say(texts.cancelledWaiting, { count }) : call.say(texts.cancelled);
  },
};

/** Ends turn and process, and points everything that waits at a new conversation. Resolves to how many wait. */
async function startOver(call: CommandCall): Promise<number> {
  const { actor, address } = call;
  nameBackground(call);
  const runs = actor.stop('cancel');
  if (!runs) await actor.closeAgent();
  const row = await actor.sessions.create(address, { keepSettings: true });
  await actor.retarget(row.id);
  return actor.waiting.length;
}
