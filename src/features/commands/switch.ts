import { look } from '../../engine/agent-calls.ts';
import type { CommandCall, CommandSpec } from '../../engine/command.ts';
import { sessionTexts as texts } from '../../i18n/texts/commands/sessions.ts';
import { type Conversation, conversationsOf, matching, shortIdOf } from './conversations.ts';
import { ownAgent } from './own-agent.ts';

export const switchCommand: CommandSpec = {
  name: 'switch',
  when: 'ordered',
  group: 'session',
  summary: texts.switchSummary,
  usage: '<number | name | id>',
  async suggest(place) {
    const all = await conversationsOf(place);
    return all.flatMap((one, at) =>
      one.active ? [] : [{ value: shortIdOf(one), label: `${at + 1}. ${one.title}` }],
    );
  },
  async run(call) {
    const wanted = call.rest;
    if (!wanted) return call.say(texts.switchUsage);
    const found = matching(await conversationsOf(call), wanted);
    const [one] = found;
    if (!one) return call.say(texts.notFound, { wanted });
    if (found.length > 1) {
      const titles = found.slice(0, 5).map(({ title }) => `“${title}”`);
      return call.say(texts.ambiguous, { wanted, titles: titles.join(', ') });
    }
    return go(call, one);
  },
};

async function go(call: CommandCall, one: Conversation): Promise<string> {
  const { actor, address } = call;
  const { title } = one;
  if (one.active) return call.say(texts.alreadyThere, { title });
  if (one.kind === 'native') {
    const agent = ownAgent(call);
    const workDir = actor.sessions.active(address).workDir ?? agent.workDir;
    const { store } = agent;
    const there = store && (await look('list of conversations', () => store.has(workDir, one.nativeId)));
    if (!there) return call.say(texts.cannotResume, { title });
    await actor.closeAgent({ of: actor.sessions.active(address).id });
    await actor.sessions.create(address, { name: title, nativeId: one.nativeId, keepSettings: true });
  } else {
    await actor.closeAgent({ of: actor.sessions.active(address).id });
    await actor.sessions.activate(one.row);
  }
  return call.say(texts.switched, { title });
}
