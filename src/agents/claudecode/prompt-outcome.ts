import type { PromptOutcome } from '../../core/agent.ts';
import type { PromptId } from '../../core/ids.ts';
import { isPersonLine } from './history.ts';
import { promptUuids } from './repeats.ts';
import { contentText, type Line, object, objects, text } from './wire.ts';

/**
 * Where a prompt stands in a transcript, -1 when it does not. A prompt that began a turn is a `user` line whose uuid
 * is the prompt's own; one that was folded into a running turn is an attachment that names it as its source.
 * The last one counts when it was given again.
 */
export function promptIn(lines: readonly Line[], prompt: PromptId): number {
  const ids = promptUuids(prompt);
  return lines.findLastIndex((line) => {
    const id =
      line.type === 'user' ? text(line, 'uuid') : text(object(line, 'attachment') ?? {}, 'source_uuid');
    return id !== undefined && ids.has(id);
  });
}

/** What became of a prompt that is in the transcript. */
export function promptOutcome(lines: readonly Line[], prompt: PromptId): PromptOutcome {
  const at = promptIn(lines, prompt);
  if (at < 0) return { state: 'absent' };
  const said: string[] = [];
  let ended: boolean | undefined;
  for (const line of lines.slice(at + 1)) {
    if (line.isSidechain === true) continue;
    if (line.type === 'assistant') {
      const step = answerStep(line);
      if (step.text !== '') said.push(step.text);
      ended = step.ended;
    } else if (line.type === 'user') {
      if (isInterruption(line)) ended = false;
      // The next prompt, or a task's notice: whatever became of ours, its turn is over.
      else if (isPersonLine(line) && !isReminder(line)) return finished(said, ended ?? false);
      // A tool's result: the turn goes on.
      else if (isToolResult(line)) ended = undefined;
    } else if (line.type === 'system') {
      const local = localAnswer(line);
      if (local === undefined) continue;
      if (local.text !== '') said.push(local.text);
      ended = local.ok;
    }
  }
  return ended === undefined ? { state: 'open', text: said.join('\n\n') } : finished(said, ended);
}

function finished(said: readonly string[], ok: boolean): PromptOutcome {
  return { state: 'ended', text: said.join('\n\n'), ok };
}

/** `ended`: true or false when this line ends the turn well or badly, undefined when more is to come. */
function answerStep(line: Line): { readonly text: string; readonly ended: boolean | undefined } {
  const message = object(line, 'message') ?? {};
  const words = objects(message, 'content')
    .map((block) => (block.type === 'text' ? (text(block, 'text') ?? '') : ''))
    .join('');
  if (line.isApiErrorMessage === true) return { text: words, ended: false };
  const stop = text(message, 'stop_reason');
  const ended = stop !== undefined && stop !== 'tool_use' && stop !== 'pause_turn' ? true : undefined;
  return { text: words, ended };
}

function isInterruption(line: Line): boolean {
  return contentText(object(line, 'message')?.content).startsWith('[Request interrupted');
}

function isReminder(line: Line): boolean {
  return contentText(object(line, 'message')?.content).startsWith('<system-reminder>');
}

function isToolResult(line: Line): boolean {
  return objects(object(line, 'message') ?? {}, 'content').some((block) => block.type === 'tool_result');
}

/** The answer of a command that the CLI carries out itself; undefined for other notes. */
function localAnswer(line: Line): { readonly text: string; readonly ok: boolean } | undefined {
  const subtype = text(line, 'subtype');
  if (subtype === 'compact_boundary') {
    // One that the CLI did by itself lies in the middle of a turn.
    const trigger = text(object(line, 'compactMetadata') ?? {}, 'trigger');
    return trigger === 'manual' ? { text: '', ok: true } : undefined;
  }
  if (subtype !== 'local_command') return undefined;
  const content = text(line, 'content') ?? '';
  const words = content.replaceAll(/<\/?local-command-std(?:out|err)>/g, '').trim();
  return { text: words, ok: !content.startsWith('<local-command-stderr>') };
}
