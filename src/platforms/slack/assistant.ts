import { kindOf } from '../../core/errors.ts';
import type { MessageInbound } from '../../core/inbound.ts';
import type { SlackApi } from './api.ts';
import { cut } from './card.ts';

/** What is nice to have in the assistant's pane: prompts to begin with, and titles in the list of conversations. */
export class Assistant {
  readonly #api: SlackApi;
  readonly #prompts: readonly string[];
  readonly #signal: AbortSignal;

  constructor(api: SlackApi, prompts: readonly string[], signal: AbortSignal) {
    this.#api = api;
    this.#prompts = prompts;
    this.#signal = signal;
  }

  async opened(chat: string, thread: string): Promise<void> {
    if (this.#prompts.length === 0) return;
    const prompts = this.#prompts.map((message) => ({ title: cut(message, 60), message }));
    await this.#call('assistant.threads.setSuggestedPrompts', {
      channel_id: chat,
      thread_ts: thread,
      prompts,
    });
  }

  /** The first words of a conversation are its title. */
  async titled({ address, text }: MessageInbound): Promise<void> {
    const title = cut(text.replace(/\s+/g, ' ').trim(), 60);
    if (title === '' || address.thread === undefined) return;
    await this.#call('assistant.threads.setTitle', {
      channel_id: address.chat,
      thread_ts: address.thread,
      title,
    });
  }

  /** Threads that are none of the assistant's, and apps that are no assistant, refuse: that is no trouble. */
  async #call(method: string, args: Record<string, unknown>): Promise<void> {
    try {
      await this.#api.call(method, args, { kind: 'repeatable', signal: this.#signal });
    } catch (error) {
      if (!['permission', 'permanent', 'validation', 'not_found'].includes(kindOf(error))) throw error;
    }
  }
}
