import { AppError, describeError } from '../core/errors.ts';
import { withDeadline } from '../kit/deadline.ts';
import type { SessionActor } from './actor.ts';
import type { LiveAgent } from './live-agent.ts';
import type { Turn } from './turn.ts';

/** How long a protocol interrupt may take before the process is ended instead. */
const interruptGraceMs = 5_000;

/**
 * Ends a turn by the agent's own means, or else by ending the agent. Its end comes as an event. One whose time is over
 * gets the time to end in order, and a new process takes its place: what was silent so long is not trusted again.
 */
export async function interruptTurn(actor: SessionActor, turn: Turn, live: LiveAgent): Promise<void> {
  const timedOut = turn.stopReason === 'idle' || turn.stopReason === 'too_long';
  if (timedOut) live.outdated = true;
  const end = () => live.close({ quick: !timedOut });
  try {
    if (turn.stopReason === 'cancel') throw new AppError('context_dropped', 'its conversation is given up');
    if (!live.member.agent.capabilities.interrupt)
      throw new AppError('no_interrupt', 'this agent cannot be interrupted');
    // An agent that reads nothing any more does not take this either, whatever its adapter makes of the signal.
    await withDeadline('the interrupt', interruptGraceMs, undefined, (signal) => live.port.interrupt(signal));
  } catch (error) {
    actor.context.log.info({ turn: turn.id, error: describeError(error) }, 'turn ended by ending the agent');
    await end();
    return;
  }
  setTimeout(() => {
    if (actor.turn === turn && turn.state !== 'delivering') void end();
  }, interruptGraceMs).unref();
}
