import { totalmem } from 'node:os';

/** A live agent process that may be parked when another session needs its place. */
export interface Parkable {
  readonly idleSince: number | undefined;
  park(): Promise<void>;
}

/** Bytes one live agent is assumed to need. */
const bytesPerAgent = 300 * 1024 * 1024;

/** The default for `max_live_agents`: a quarter of the memory, at least two. */
export function agentsByMemory(total: number = totalmem()): number {
  return Math.max(2, Math.floor(total / 4 / bytesPerAgent));
}

/** Bounds how many agent processes live at once over all projects; the longest idle one makes room. */
export class AgentSlots {
  private max: number;
  private readonly live = new Set<Parkable>();
  private readonly queue: (() => void)[] = [];

  constructor(max: number) {
    this.max = max > 0 ? max : agentsByMemory();
  }

  setMax(max: number): void {
    this.max = max > 0 ? max : agentsByMemory();
    this.next();
  }

  get size(): number {
    return this.live.size;
  }

  /** Resolves when there is room for `agent`, parking an idle one if needed. Rejects when `signal` ends first. */
  async enter(agent: Parkable, signal: AbortSignal): Promise<void> {
    while (this.live.size >= this.max) {
      signal.throwIfAborted();
      const idle = [...this.live]
        .filter((one) => one.idleSince !== undefined)
        .sort((a, b) => (a.idleSince ?? 0) - (b.idleSince ?? 0))[0];
      if (idle) await idle.park();
      else await this.room(signal);
    }
    this.live.add(agent);
  }

  leave(agent: Parkable): void {
    if (this.live.delete(agent)) this.next();
  }

  /** Called when an agent becomes idle: someone may be waiting for its place. */
  next(): void {
    this.queue.shift()?.();
  }

  private room(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const leave = () => {
        const at = this.queue.indexOf(go);
        if (at >= 0) this.queue.splice(at, 1);
        reject(signal.reason);
      };
      const go = () => {
        signal.removeEventListener('abort', leave);
        resolve();
      };
      signal.addEventListener('abort', leave, { once: true });
      this.queue.push(go);
    });
  }
}
