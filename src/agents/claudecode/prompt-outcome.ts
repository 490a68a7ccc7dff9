import type { PromptOutcome } from '../../core/agent.ts';
import type { PromptId } from '../../core/ids.ts';
import { isPersonLine } from './history.ts';
import { contentText, type Line, object, objects, text } from './wire.ts';

/**
 * Where a prompt stands in a transcript, -1 when it does not. A prompt that began a turn is a `user` line whose uuid
 * is the prompt's own; one that was folded into a running turn is an attachment that names it as its source.
 */
export function promptIn(lines: readonly Line[], prompt: PromptId): number {
  return lines.findIndex((line) => {
    if (line.type === 'user') return text(line, 'uuid') === prompt;
    return text(object(line, 'attachment') ?? {}, 'source_uuid') === prompt;
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
      // The next prompt: whatever became of ours, its turn is over.
      else if (isPersonLine(line) && !isNote(line)) return finished(said, ended ?? false);
      // A tool's result: the turn goes on.
      else if (!isNote(line)) ended = undefined;
      else if (isLocalAnswer(line)) ended = localAnswer(line, said);
    } else if (line.type === 'system' && text(line, 'subtype') === 'compact_boundary') ended = true;
    else if (line.type === 'system' && text(line, 'subtype') === 'local_command') ended = true;
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

/** The CLI's own notes are in tags. */
function isNote(line: Line): boolean {
  return contentText(object(line, 'message')?.content).startsWith('<');
}

function isLocalAnswer(line: Line): boolean {
  return contentText(object(line, 'message')?.content).startsWith('<local-command-stdout>');
}

function localAnswer(line: Line, said: string[]): true {
  const words = contentText(object(line, 'message')?.content)
    .replaceAll(/<\/?local-command-stdout>/g, '')
    .trim();
  if (words !== '') said.push(words);
  return true;
}
