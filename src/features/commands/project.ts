import { createHash } from 'node:crypto';
import type { Button, Card } from '../../core/card.ts';
import type { ProjectName } from '../../core/ids.ts';
import type { CommandCall, CommandSpec } from '../../engine/command.ts';
import { linkOf } from '../../engine/project-context.ts';
import type { Router } from '../../engine/routing/router.ts';
import { pinning } from '../../engine/routing/rules.ts';
import type { Sharer } from '../../engine/routing/sharer.ts';
import { projectTexts as texts } from '../../i18n/texts/commands/project.ts';
import { reasonOf } from './project-here.ts';

const buttonsPerRow = 2;
/** Bytes of a name that still fit into a button's payload, which holds 64 on some platforms. */
const nameMax = 36;

type Scope = 'chat' | 'thread';

export const projectCommand: CommandSpec = {
  name: 'project',
  // It does not wait for what runs, which may take hours; what is written after it waits for it.
  when: 'immediate',
  moves: true,
  group: 'session',
  summary: texts.summary,
  usage: '[name | auto] [chat | thread]',
  suggest({ context, address, sender }) {
    const reachable = linkOf(context, address)?.routing?.reachable(sender) ?? [];
    if (reachable.length < 2) return [];
    return [
      ...reachable.map(({ project, label }) => ({ value: project, label: `${project} (${label})` })),
      { value: 'auto', label: 'auto' },
    ];
  },
  async run(call) {
    const routing = linkOf(call.context, call.address)?.routing;
    const reachable = routing?.reachable(call.sender) ?? [];
    // One is a choice, too, where what was chosen or is the default does not run.
    const closed = routing?.decide(call.address, call.sender).reserved === true;
    if (!routing || reachable.length < (closed ? 1 : 2))
      return call.say(texts.only, { project: call.context.name });
    if (!call.rest) return listCard(call, routing, reachable);
    return choose(call, routing, reachable);
  },
};

async function choose(call: CommandCall, routing: Router, reachable: readonly Sharer[]): Promise<string> {
  const { address, sender, say } = call;
  const now = routing.decide(address, sender);
  if (pinning.has(now.level)) return say(texts.pinned, { project: now.project, reason: reasonOf(call, now) });
  const { wanted, scope } = readArguments(call);
  const automatic = wanted.toLowerCase() === 'auto' && !named(reachable, wanted);
  const target = automatic ? undefined : named(reachable, wanted);
  if (!automatic && !target)
    return say(texts.unknown, { wanted, projects: reachable.map(({ project }) => project).join(', ') });
  const thread = scope === 'thread' ? address.thread : undefined;
  await Promise.all([
    routing.choose({ ...address, thread }, target?.project),
    record(
      call,
      `${address.account} ${address.chat}${thread ? `:${thread}` : ''}: ${target?.project ?? 'auto'}`,
    ),
  ]);
  if (!target) return say(texts.automatic, { project: routing.decide(address, sender).project });
  return say(scope === 'thread' ? texts.switchedThread : texts.switchedChat, { project: target.project });
}

/** `/project <name> [chat | thread]`; without the last word what was written in a thread is about the thread. */
function readArguments(call: CommandCall): { wanted: string; scope: Scope } {
  const { args, rest } = call;
  const last = args.at(-1);
  const said = args.length > 1 && (last === 'chat' || last === 'thread') ? last : undefined;
  const wanted = said ? args.slice(0, -1).join(' ') : args.length === 1 ? (args[0] ?? '') : rest;
  const scope = said ?? scopeOf(call);
  return { wanted, scope: call.address.thread === undefined ? 'chat' : scope };
}

/** A message that begins a thread of its own was written in the chat. */
function scopeOf({ address, input }: CommandCall): Scope {
  return address.thread !== undefined && address.thread !== input.message ? 'thread' : 'chat';
}

function named(reachable: readonly Sharer[], wanted: string): Sharer | undefined {
  const word = wanted.toLowerCase();
  const exact = reachable.find(({ project }) => project.toLowerCase() === word || markOf(project) === word);
  if (exact || !word) return exact;
  const [only, second] = reachable.filter(({ project }) => project.toLowerCase().startsWith(word));
  return second ? undefined : only;
}

function listCard(call: CommandCall, routing: Router, reachable: readonly Sharer[]): Card {
  const { say } = call;
  const now = routing.decide(call.address, call.sender);
  const lines = reachable.map(({ project, label }) =>
    project === now.project
      ? `▶ **${plain(project)}** — ${label} · ${reasonOf(call, now)}`
      : `• ${plain(project)} — ${label}`,
  );
  const list = { kind: 'text' as const, markdown: lines.join('\n') };
  const title = say(texts.title);
  if (pinning.has(now.level)) {
    const text = say(texts.pinned, { project: now.project, reason: reasonOf(call, now) });
    return { title, tone: 'turquoise', blocks: [list, { kind: 'note', text }] };
  }
  const scope = scopeOf(call);
  const buttons = reachable.map(
    ({ project }): Button => ({
      label: project,
      data: `act:/project ${refOf(project)} ${scope}`,
      style: project === now.project ? 'primary' : 'default',
    }),
  );
  const rows: Button[][] = [];
  for (let at = 0; at < buttons.length; at += buttonsPerRow) rows.push(buttons.slice(at, at + buttonsPerRow));
  return {
    title,
    tone: 'turquoise',
    blocks: [list, { kind: 'buttons', rows }, { kind: 'note', text: say(texts.hint) }],
  };
}

/** A name as it may stand in a button; a long one by its mark. */
function refOf(project: ProjectName): string {
  const fits = Buffer.byteLength(project) <= nameMax && !/[\s"']/.test(project);
  return fits ? project : markOf(project);
}

function markOf(project: string): string {
  return `#${createHash('sha256').update(project).digest('hex').slice(0, 10)}`;
}

/** People's own words must not become markup. */
function plain(text: string): string {
  return text.replace(/[\\`*_[\]<>#~|]/g, '\\$&');
}

function record(call: CommandCall, detail: string): Promise<void> {
  const { context, sender } = call;
  return context.store.commit('record', {
    at: Date.now(),
    audit: [{ project: context.name, actor: sender.id, action: 'project.chosen', detail }],
  });
}
