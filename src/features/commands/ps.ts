import { asId, type InputId } from '../../core/ids.ts';
import type { MessageInbound } from '../../core/inbound.ts';
import type { CommandCall, CommandSpec } from '../../engine/command.ts';
import { controlTexts as texts } from '../../i18n/texts/commands/control.ts';
import { sortableId, uuidV5 } from '../../kit/ids.ts';
import type { InputRow } from '../../store/rows.ts';

export const psCommand: CommandSpec = {
  name: 'ps',
  aliases: ['btw'],
  when: 'immediate',
  steers: true,
  group: 'session',
  summary: texts.psSummary,
  usage: '<text>',
  async run(call) {
    const { actor, input, rest, say } = call;
    const { body } = input;
    if (!rest || body.kind !== 'message') return say(texts.psUsage);
    const running = actor.turn !== undefined;
    const words: MessageInbound = { ...body, text: rest };
    if (running && actor.live?.member.agent.capabilities.steer) {
      const outcome = await actor.steer({ ...input, body: words });
      if (outcome === 'taken') return say(texts.psTaken);
    }
    await queue(call, words);
    return say(running ? texts.psQueued : texts.psIdle);
  },
};

/** The words as a message of their own, stored under a key that a repeat of this command finds again. */
async function queue({ actor, context, input, address }: CommandCall, words: MessageInbound): Promise<void> {
  const now = Date.now();
  const id = asId<InputId>(sortableId(now));
  const dedupeKey = `${input.dedupeKey}:message`;
  const row: InputRow = {
    ...input,
    id,
    dedupeKey,
    state: 'queued',
    sessionId: actor.sessions.active(address).id,
    promptId: asId(uuidV5(id)),
    turnId: null,
    body: { ...words, dedupeKey },
    receivedAt: now,
  };
  if (await context.store.commit('acceptInput', { input: row })) actor.enqueue(row);
}
