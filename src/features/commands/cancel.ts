import type { CommandCall, CommandSpec } from '../../engine/command.ts';
import { controlTexts as texts } from '../../i18n/texts/commands/control.ts';

export const cancelCommand: CommandSpec = {
  name: 'cancel',
  when: 'immediate',
  stops: true,
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
  // What runs may be a message to another agent than the one the chat speaks with.
  const after = (actor.turn && actor.sessions.byId(actor.turn.sessionId)) ?? actor.sessions.active(address);
  const runs = actor.stop('cancel');
  if (!runs) await actor.closeAgent({ of: after.id });
  const row = await actor.sessions.create(address, { keepSettings: true, after });
  await actor.retarget(after.id, row.id);
  return actor.waiting.length;
}
