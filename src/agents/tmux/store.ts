import { setTimeout as sleep } from 'node:timers/promises';
import type { AgentStore, NativeSession, PromptOutcome } from '../../core/agent.ts';
import type { NativeId, PromptId } from '../../core/ids.ts';
import { removePane } from './create-pane.ts';
import type { TmuxOptions } from './options.ts';
import { allPanes, findPane, nativeIdOf, type PaneInfo } from './panes.ts';
import { isAbout, type PromptMark, readMark } from './prompt-mark.ts';
import { readScreen } from './screen.ts';
import type { TmuxServer } from './server.ts';
import { TurnWatch } from './turn-watch.ts';

/** How long a turn that went on without the daemon is followed before its outcome is told. */
const FOLLOW_MS = 20_000;
/** What a pane shows is all there is of its history; this much of it is given. */
const HISTORY_LINES = 200;

/** The panes as conversations: those made here, and the one the config names. */
export function paneStore(server: TmuxServer, options: TmuxOptions): AgentStore {
  const find = async (id: NativeId) =>
    (await allPanes(server)).find((pane) => nativeIdOf(pane) === id && !pane.dead);
  return {
    list: (workDir, limit) => list(server, options, workDir, limit),
    has: async (_workDir, id) => (await find(id)) !== undefined,
    history: async (_workDir, id) => {
      const pane = await find(id);
      const screen = pane === undefined ? undefined : await readScreen(server, pane.id, 'context');
      if (screen === undefined || screen === 'moving') return [];
      return [{ role: 'assistant', text: screen.lines.slice(-HISTORY_LINES).join('\n'), at: 0 }];
    },
    outcome: (_workDir, id, prompt) => outcome(server, options, id, prompt),
    remove: async (_workDir, id) => {
      const pane = await find(id);
      // A pane of somebody's own is not ours to end.
      if (pane === undefined || pane.owner === '') return false;
      await removePane(server, pane.id);
      return true;
    },
  };
}

async function list(
  server: TmuxServer,
  options: TmuxOptions,
  workDir: string,
  limit: number,
): Promise<readonly NativeSession[]> {
  const panes = await allPanes(server);
  const named = findPane(panes, options.session, options.pane);
  const ours = panes.filter((pane) => !pane.dead && (pane.owner === workDir || pane === named));
  return ours
    .map((pane) => ({ id: nativeIdOf(pane), title: titleOf(pane), updatedAt: pane.activityAt }))
    .sort((one, other) => other.updatedAt - one.updatedAt)
    .slice(0, limit);
}

function titleOf({ session, window, index, windowName, command }: PaneInfo): string {
  return `${session}:${window}.${index} ${windowName}${command === windowName ? '' : ` (${command})`}`;
}

/** The mark is written before the text is typed, so a pane without it never got the prompt. */
async function outcome(
  server: TmuxServer,
  options: TmuxOptions,
  id: NativeId | undefined,
  prompt: PromptId,
): Promise<PromptOutcome> {
  const panes = (await allPanes(server)).filter((pane) => id === undefined || nativeIdOf(pane) === id);
  // The pane and all it knew may be gone with its server.
  if (id !== undefined && panes.length === 0) return { state: 'unknown' };
  for (const pane of panes) {
    const mark = await readMark(server, pane.id);
    if (isAbout(mark, prompt))
      return { ...(await fate(server, options, pane, mark)), nativeId: nativeIdOf(pane) };
  }
  return { state: 'absent' };
}

/** Follows what was asked to its end, or for a while. Full-screen programs keep nothing to read it from. */
async function fate(
  server: TmuxServer,
  options: TmuxOptions,
  pane: PaneInfo,
  mark: PromptMark,
): Promise<{ state: 'ended'; text: string; ok: boolean } | { state: 'open'; text: string }> {
  const asked = { before: [], promptLine: mark.promptLine, typed: mark.typed };
  const timing = { settleMs: options.settleMs, quietMs: options.quietMs };
  let watch: TurnWatch | undefined;
  const end = Date.now() + FOLLOW_MS;
  while (Date.now() < end) {
    const screen = await readScreen(server, pane.id, mark.row);
    if (screen === undefined || (screen !== 'moving' && (screen.dead || screen.alternate))) break;
    if (screen !== 'moving') {
      watch ??= resumed(asked, screen, mark, options, timing);
      if (watch.look(screen, Date.now()).ended) return { state: 'ended', text: watch.text, ok: true };
    }
    await sleep(options.pollMs);
  }
  return { state: 'open', text: watch?.text ?? '' };
}

function resumed(
  asked: ConstructorParameters<typeof TurnWatch>[0],
  screen: ConstructorParameters<typeof TurnWatch>[1],
  mark: PromptMark,
  options: TmuxOptions,
  timing: ConstructorParameters<typeof TurnWatch>[4],
): TurnWatch {
  const watch = new TurnWatch(asked, screen, mark.cursorX, options, timing, Date.now());
  // It was submitted long ago: what stands there is the reaction.
  watch.moving(Date.now());
  return watch;
}
