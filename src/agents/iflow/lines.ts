import type { HistoryEntry } from '../../core/agent.ts';
import type { ToolCall } from '../../core/agent-event.ts';
import { record, records, text, type Wire } from '../../kit/acp/wire.ts';

const MAX_OUTPUT = 4_000;

/** The texts of a transcript line's message, whose content is a string or a list of blocks. */
export function textsOf(line: Wire): string[] {
  const { content } = record(line.message);
  const whole = text(content)?.trim();
  if (whole !== undefined) return whole === '' ? [] : [whole];
  return records(content).flatMap((block) => {
    const said = text(block.type) === 'text' ? text(block.text)?.trim() : undefined;
    return said ? [said] : [];
  });
}

export function callsOf(line: Wire): ToolCall[] {
  return records(record(line.message).content).flatMap((block) => {
    const [id, name] = [text(block.id), text(block.name)];
    if (text(block.type) !== 'tool_use' || id === undefined || name === undefined) return [];
    const input = record(block.input);
    const summary = SUMMARY.map((key) => text(input[key])).find((value) => value) ?? '';
    return [{ id, name, summary, form: name === 'run_shell_command' ? 'shell' : 'plain' }];
  });
}

const SUMMARY = ['command', 'absolute_path', 'file_path', 'path', 'pattern', 'query', 'url', 'prompt'];

export function resultsOf(
  line: Wire,
): { readonly id: string; readonly ok: boolean; readonly output: string }[] {
  return records(record(line.message).content).flatMap((block) => {
    const id = text(block.tool_use_id);
    if (text(block.type) !== 'tool_result' || id === undefined) return [];
    const content = record(block.content);
    const response = record(
      record(content.functionResponse ?? record(content.responseParts).functionResponse).response,
    );
    const failed = block.is_error === true || response.error !== undefined;
    const told =
      text(response.output) ??
      text(response.error) ??
      text(content.resultDisplay) ??
      text(content.output) ??
      text(block.content) ??
      '';
    return [{ id, ok: !failed, output: told.trim().slice(0, MAX_OUTPUT) }];
  });
}

/** What people and the agent said; tool traffic is left out. */
export function historyOf(lines: readonly Wire[]): HistoryEntry[] {
  return lines.flatMap((line): HistoryEntry[] => {
    const role = text(line.type);
    const words = textsOf(line).join('\n\n');
    if ((role !== 'user' && role !== 'assistant') || words === '') return [];
    return [{ role, text: words, at: Date.parse(text(line.timestamp) ?? '') || 0 }];
  });
}
