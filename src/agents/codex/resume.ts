import { setTimeout as sleep } from 'node:timers/promises';
import { AppError } from '../../core/errors.ts';
import type { NativeId } from '../../core/ids.ts';
import { record, type Wire } from '../../kit/acp/wire.ts';
import { RpcError, type RpcPeer } from '../../kit/jsonrpc.ts';

/** A process that is just ending still holds its conversation for a moment. */
const BUSY_MS = 3_000;
const BUSY_EVERY_MS = 200;

/**
 * Resumes a thread. Rejects `resume_failed` when it is gone, and `agent.conversation_busy` when another process has it
 * open: that one is not gone, and starting afresh would lose it.
 */
export async function resumeThread(
  peer: RpcPeer,
  id: NativeId,
  params: Readonly<Record<string, unknown>>,
  signal: AbortSignal,
): Promise<Wire> {
  const deadline = performance.now() + BUSY_MS;
  for (;;) {
    try {
      return record(
        await peer.request('thread/resume', { ...params, threadId: id, excludeTurns: true }, signal),
      );
    } catch (error) {
      if (!(error instanceof RpcError)) throw error;
      if (!/active writer/i.test(error.message)) throw resumeFailed(id, error);
      if (performance.now() > deadline) throw busy(id, error);
      await sleep(BUSY_EVERY_MS, undefined, { signal });
    }
  }
}

function resumeFailed(id: NativeId, error: RpcError): AppError {
  return new AppError('resume_failed', `Codex cannot resume the conversation ${id}`, {
    kind: 'not_found',
    advice: 'A new conversation is started.',
    cause: error.message,
  });
}

function busy(id: NativeId, error: RpcError): AppError {
  return new AppError('agent.conversation_busy', `The conversation ${id} is open in another Codex process`, {
    kind: 'unavailable',
    advice: 'Close it there, or start a new conversation.',
    cause: error.message,
  });
}
