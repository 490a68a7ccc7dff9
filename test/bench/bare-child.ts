import { openSync, writeSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import type { Answers, Mark, Question } from './daemon-child.ts';
import { clock } from './numbers.ts';
import { firstWord, lastWord, type Plan, planOf, proseAt } from './script.ts';

/** What Telegram shows is renewed once a second, by any program. */
const previewMs = 1_000;
/** About what the daemon's own commit of a message writes. */
const recordBytes = 32 * 1024;
const roomBytes = 8 * 1024 * 1024;

/** A thread that makes each record durable in its turn and says so: nothing else is in it. */
const writerSource = `
  const { parentPort, workerData } = require('node:worker_threads');
  const { fdatasyncSync, writeSync } = require('node:fs');
  const record = Buffer.alloc(workerData.bytes, 1);
  let at = 0;
  parentPort.on('message', (id) => {
    if (at + record.length > workerData.room) at = 0;
    at += writeSync(workerData.file, record, 0, record.length, at);
    fdatasyncSync(workerData.file);
    parentPort.postMessage(id);
  });
`;

/**
 * The least program that does what the bench measures: it takes updates from the simulated Telegram, makes a record
 * durable on another thread before it goes on, and shows the same scripted answers by plain calls. What this machine
 * takes for that, nobody can go below; the daemon's figures stand beside it.
 */
export async function runBareChild(url: string, token: string, folderOf: string): Promise<void> {
  const marks: Mark[] = [];
  const bot = new BareBot(`${url}/bot${token}`, join(dirname(folderOf), 'bare.log'));
  void bot.poll((chat, text, at) => {
    const plan = planOf(text);
    if (plan) {
      marks.push({ turn: plan.turn, what: 'prompt', at });
      void answer(bot, chat, plan, marks);
    } else void bot.call('sendMessage', { chat_id: chat, text: 'warm' });
  });
  const replies: { [Q in Question]: () => Answers[Q] } = {
    marks: () => marks.splice(0),
    watch: () => null,
    delay: () => ({ p50: 0, p99: 0, max: 0 }),
    memory: () => ({ rss: 0, heap: 0 }),
    stop: () => null,
  };
  process.on('message', (question: Question) => {
    process.send?.({ question, answer: replies[question]() });
    if (question === 'stop') process.exit(0);
  });
  process.send?.({ question: 'ready', answer: null });
}

async function answer(bot: BareBot, chat: number, plan: Plan, marks: Mark[]): Promise<void> {
  await sleep(plan.thinkMs);
  marks.push({ turn: plan.turn, what: 'first', at: clock() });
  let text = `${firstWord(plan.turn)} and so it begins, with a sentence that is long enough to be shown. `;
  const { message_id } = await bot.call<{ message_id: number }>('sendMessage', { chat_id: chat, text });
  let shown = Date.now();
  for (let index = 0; index < plan.deltas; index += 1) {
    await sleep(plan.everyMs);
    text += proseAt(index);
    if (Date.now() - shown < previewMs) continue;
    shown = Date.now();
    void bot.call('editMessageText', { chat_id: chat, message_id, text });
  }
  await sleep(plan.everyMs);
  marks.push({ turn: plan.turn, what: 'last', at: clock() });
  await bot.store();
  await bot.call('editMessageText', { chat_id: chat, message_id, text: text + lastWord(plan.turn) });
}

interface BareUpdate {
  readonly update_id: number;
  readonly message?: { readonly chat: { readonly id: number }; readonly text?: string };
}

class BareBot {
  readonly #base: string;
  readonly #agent = new Agent({ keepAlive: true });
  readonly #writer: Worker;
  readonly #stored = new Map<number, () => void>();
  #records = 0;

  constructor(base: string, file: string) {
    this.#base = base;
    const descriptor = openSync(file, 'w+');
    writeSync(descriptor, Buffer.alloc(roomBytes), 0, roomBytes, 0);
    this.#writer = new Worker(writerSource, {
      eval: true,
      workerData: { file: descriptor, bytes: recordBytes, room: roomBytes },
    });
    this.#writer.on('message', (id: number) => {
      this.#stored.get(id)?.();
      this.#stored.delete(id);
    });
  }

  /** Resolves when one more record is on the disk. */
  store(): Promise<void> {
    const id = this.#records++;
    this.#writer.postMessage(id);
    return new Promise((resolve) => this.#stored.set(id, resolve));
  }

  async poll(taken: (chat: number, text: string, at: number) => void): Promise<void> {
    await this.call('getMe', {});
    for (let offset = 0; ; ) {
      const updates = await this.call<readonly BareUpdate[]>('getUpdates', { offset, timeout: 30 });
      await this.store();
      for (const { update_id, message } of updates) {
        offset = update_id + 1;
        if (message?.text) taken(message.chat.id, message.text, clock());
      }
    }
  }

  call<T>(method: string, payload: object): Promise<T> {
    const body = JSON.stringify(payload);
    return new Promise((resolve, reject) => {
      const call = request(
        `${this.#base}/${method}`,
        {
          agent: this.#agent,
          method: 'POST',
          headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
        },
        (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.on('end', () =>
            resolve((JSON.parse(Buffer.concat(chunks).toString()) as { result: T }).result),
          );
        },
      );
      call.on('error', reject);
      call.end(body);
    });
  }
}
