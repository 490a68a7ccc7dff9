import type { CommandSpec } from '../../engine/command.ts';
import { heldBlocks } from '../../engine/held-card.ts';
import { controlTexts as texts } from '../../i18n/texts/commands/control.ts';

/** Ends the running turn. The turn's own end tells it, with Run and Drop for what waits. */
export const stopCommand: CommandSpec = {
  name: 'stop',
  when: 'immediate',
  stops: true,
  group: 'session',
  summary: texts.stopSummary,
  async run({ actor, say }) {
    if (actor.stop('stop')) return undefined;
    const held = await actor.hold();
    if (held.length > 0)
      return { blocks: [{ kind: 'text', markdown: say(texts.onHold) }, ...heldBlocks(held, say)] };
    const background = actor.live?.background ?? [];
    return background.length > 0
      ? say(texts.background, { tasks: background.join(', ') })
      : say(texts.nothingRuns);
  },
};
