import { BenchDaemon } from './bench-daemon.ts';
import type { ChatService } from './chat-service.ts';
import { pause, round } from './numbers.ts';
import type { Figure } from './report.ts';
import { promptOf } from './script.ts';

const sessions = 200;
const everyMs = 100;
const goalMs = 20;
/** Some services take only so many updates of all chats together, so not every answer is shown while it grows. */
const leastShown = sessions / 4;

/** How long the daemon's event loop is held up while 200 answers stream at once. */
export async function measureStreaming(service: ChatService, forMs: number): Promise<Figure[]> {
  const daemon = await BenchDaemon.start(service.config);
  try {
    await service.connected();
    const shown = new Set<number>();
    const ended = new Set<number>();
    service.onCall = ({ word, turn }) => {
      (word === 'ended' ? ended : shown).add(turn);
    };
    const deltas = Math.ceil((forMs + 3000) / everyMs);
    for (let person = 0; person < sessions; person += 1) {
      service.write(person, promptOf({ turn: person + 1, thinkMs: 10, deltas, everyMs }));
      await pause(10);
    }
    await daemon.ask('watch');
    await pause(forMs);
    const delay = await daemon.ask('delay');
    // Nothing is over yet, so what was seen are updates. A loop that does nothing is never late.
    const updated = shown.size;
    if (service.shows && updated < leastShown)
      throw new Error(`${service.name} shows ${updated} of ${sessions} answers while they stream`);
    const until = Date.now() + 30_000;
    while (ended.size < sessions && Date.now() < until) await pause(50);
    if (ended.size < sessions)
      throw new Error(`${ended.size} of ${sessions} streamed answers arrived in ${service.name}`);
    return [
      {
        group: 'Event loop, p50 / p99',
        name: `${sessions} answers stream to ${service.name}`,
        value: delay.p99,
        p50: delay.p50,
        unit: 'ms',
        goal: { limit: goalMs, kind: 'max' },
        note: `max ${round(delay.max, 0)} ms, ${(1000 / everyMs) * sessions} deltas/s, ${updated} shown while they stream, all arrived`,
      },
    ];
  } finally {
    await daemon.stop();
    await service.close();
  }
}
