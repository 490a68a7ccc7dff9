import type { Agent } from '../../core/agent.ts';
import type { Button, Card } from '../../core/card.ts';
import { describeError } from '../../core/errors.ts';
import type { RosterMember } from '../../engine/agent-roster.ts';
import type { CommandCall } from '../../engine/command.ts';
import { shorten } from '../../engine/tool-format.ts';
import { agentTexts as texts } from '../../i18n/texts/commands/agents.ts';
import { ownMember } from './own-agent.ts';

const checkDeadlineMs = 8_000;
/** How long what a check found is believed. */
const checkKeptMs = 60_000;
const buttonsPerRow = 3;
/** Bytes of a name that fit into a button beside the command. */
const buttonNameBytes = 50;

/** The project's agents: which is spoken with, what each is, whether it can be used. `told`: what was just done. */
export async function agentsCard(call: CommandCall, told?: string): Promise<Card> {
  const { members } = call.context.agents;
  const current = ownMember(call).name;
  const lines = await Promise.all(members.map((member) => lineOf(call, member, member.name === current)));
  const fitting = members.filter(({ name }) => Buffer.byteLength(name) <= buttonNameBytes);
  const buttons: Button[] = fitting.map(({ name, problem }) => ({
    label: name,
    data: `act:/agent ${name}`,
    style: name === current ? 'primary' : problem === undefined ? 'default' : 'danger',
  }));
  const rows: Button[][] = [];
  for (let at = 0; at < buttons.length; at += buttonsPerRow) rows.push(buttons.slice(at, at + buttonsPerRow));
  const other = members.find(({ name }) => name !== current);
  const note = told ?? (other && call.say(texts.hint, { name: other.name }));
  return {
    title: call.say(texts.title),
    tone: 'indigo',
    blocks: [
      { kind: 'text', markdown: lines.join('\n') },
      ...(members.length > 1 ? [{ kind: 'buttons' as const, rows }] : []),
      ...(note ? [{ kind: 'note' as const, text: note }] : []),
    ],
  };
}

async function lineOf(call: CommandCall, member: RosterMember, isCurrent: boolean): Promise<string> {
  const { name, type, label, agent, provider } = member;
  const problem = member.problem ?? (agent && (await problemOf(agent)));
  const model = isCurrent ? modelOf(call, agent) : agent?.defaultModel;
  const facts = [label === name ? type : label, provider, model].filter(Boolean);
  const state = problem === undefined ? '' : ` — ⚠️ ${shorten(problem, 160)}`;
  return `${isCurrent ? '▶' : '•'} **${name}** — ${[...new Set(facts)].join(' · ')}${state}`;
}

function modelOf({ actor, address }: CommandCall, agent: Agent | undefined): string | undefined {
  const row = actor.sessions.active(address);
  const live = actor.liveOf(row.id);
  return (live?.alive ? live.model : undefined) ?? row.model ?? agent?.defaultModel;
}

const checked = new WeakMap<Agent, { readonly at: number; readonly problem: Promise<string | undefined> }>();

/** Why it could not be started now: its program is missing, too old or not logged in. */
function problemOf(agent: Agent): Promise<string | undefined> {
  const known = checked.get(agent);
  if (known && Date.now() - known.at < checkKeptMs) return known.problem;
  const problem = agent.check(AbortSignal.timeout(checkDeadlineMs)).then(
    (findings) => findings.find(({ level }) => level === 'error')?.what,
    (error: unknown) => describeError(error),
  );
  checked.set(agent, { at: Date.now(), problem });
  return problem;
}
