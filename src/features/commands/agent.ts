import type { RosterMember } from '../../engine/agent-roster.ts';
import type { CommandCall, CommandSpec } from '../../engine/command.ts';
import { agentTexts as texts } from '../../i18n/texts/commands/agents.ts';
import { agentsCard } from './agents-card.ts';
import { catalogueCard } from './catalogue-card.ts';
import { titleOf } from './conversations.ts';
import { ownMember } from './own-agent.ts';
import { refusalOf, switchTo } from './switch-agent.ts';

const recapFlag = '--recap';

export const agentCommand: CommandSpec = {
  name: 'agent',
  aliases: ['agents'],
  when: (args) => (wantedOf(args) === undefined ? 'immediate' : 'ordered'),
  choosesAgent: true,
  group: 'agent',
  summary: texts.summary,
  usage: '[name [--recap] | list all]',
  suggest: ({ context }) =>
    context.agents.members.flatMap(({ name, problem }) =>
      problem === undefined ? [{ value: name, label: name }] : [],
    ),
  async run(call) {
    const wanted = wantedOf(call.args);
    if (wanted === undefined) {
      const [list, all, page] = call.args;
      return list === 'list' && all === 'all' ? catalogueCard(call, Number(page)) : agentsCard(call);
    }
    const { agents } = call.context;
    const member = agents.called(wanted);
    if (!member) {
      const known = agents.members.map(({ name }) => name).join(', ');
      return call.say(texts.unknown, { wanted, agents: known });
    }
    const told = await change(call, member, call.args.includes(recapFlag));
    return call.input.kind === 'action' ? agentsCard(call, told) : told;
  },
};

/** The agent that is asked for, if one is. */
function wantedOf(args: readonly string[]): string | undefined {
  const [first] = args.filter((word) => word !== recapFlag);
  return first === undefined || first === 'list' ? undefined : first.replace(/^@/, '');
}

async function change(call: CommandCall, member: RosterMember, recap: boolean): Promise<string> {
  const { actor, address, context, say } = call;
  const refusal = refusalOf(call, member);
  if (refusal !== undefined) return refusal;
  if (ownMember(call).name === member.name) return say(texts.already, { agent: member.name });
  const left = actor.sessions.active(address);
  const row = await switchTo(call, member);
  const used = row.nativeId !== null || context.queries.historyCount(row.id) > 0;
  const told = used
    ? say(texts.switchedBack, { agent: member.name, title: titleOf(call, row) })
    : say(texts.switchedNew, { agent: member.name });
  if (!recap || context.queries.historyCount(left.id) === 0) return told;
  await actor.sessions.change(row.id, { recapFrom: left.id });
  return `${told}\n${say(texts.recapNext)}`;
}
