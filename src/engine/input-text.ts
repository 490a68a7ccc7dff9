import type { MessageInbound } from '../core/inbound.ts';
import type { InputRow } from '../store/rows.ts';

/** The words of an input, for quoting it back. */
export function textOf(row: InputRow): string {
  const body = row.body;
  if (body.kind === 'message' || body.kind === 'edit')
    return (
      body.text ||
      (body.kind === 'message' && body.files?.length
        ? `[${body.files.map(({ kind }) => kind).join(', ')}]`
        : '')
    );
  return body.kind === 'action' ? body.data : body.kind;
}

/** There is something besides the words. */
export function hasMore({ files, quoted, extra }: MessageInbound): boolean {
  return (files?.length ?? 0) > 0 || quoted !== undefined || extra !== undefined;
}

/** What the platform recognised in a voice message. */
export function transcriptOf(inbound: MessageInbound): string | undefined {
  const voice = inbound.files?.find((file) => file.kind === 'voice' && file.transcript?.trim());
  return voice?.transcript?.trim();
}
