import { kindOf } from '../../core/errors.ts';
import type { ActivityAbility, ActivityRef } from '../../core/platform.ts';
import type { IlinkApi } from './api.ts';
import type { ContextTokens } from './context-tokens.ts';
import { type Envelope, typingStatus } from './wire.ts';

/** "typing" fades by itself a little later than this. */
const REFRESH_MS = 5000;
/** How long a ticket for typing is good. */
const TICKET_MS = 600_000;
const TICKETS_KEPT = 1000;

/** "typing…" in the chat. It costs nothing of the send budget. */
export function typingOver(
  api: IlinkApi,
  tokens: ContextTokens,
  callMs: number,
  now: () => number = Date.now,
): ActivityAbility {
  const tickets = new Map<string, { readonly ticket: string; readonly until: number }>();

  const asking = new Map<string, Promise<string | undefined>>();

  const ask = async (person: string, signal: AbortSignal): Promise<string | undefined> => {
    const token = tokens.get(person);
    const config = await api.call<Envelope & { typing_ticket?: string }>(
      'getconfig',
      { ilink_user_id: person, ...(token ? { context_token: token } : {}) },
      { signal, timeoutMs: callMs },
    );
    const ticket = typeof config.typing_ticket === 'string' ? config.typing_ticket.trim() : '';
    if (ticket === '') return undefined;
    if (tickets.size >= TICKETS_KEPT) tickets.clear();
    tickets.set(person, { ticket, until: now() + TICKET_MS });
    return ticket;
  };

  const ticketFor = (person: string, signal: AbortSignal): Promise<string | undefined> => {
    const known = tickets.get(person);
    if (known && known.until > now()) return Promise.resolve(known.ticket);
    // Asked for twice at once, the second ticket would make the first one worthless.
    const asked = asking.get(person) ?? ask(person, signal).finally(() => asking.delete(person));
    asking.set(person, asked);
    return asked;
  };

  const call = async (person: string, on: boolean, signal: AbortSignal): Promise<boolean> => {
    const ticket = await ticketFor(person, signal);
    if (ticket === undefined) return false;
    try {
      await api.call(
        'sendtyping',
        {
          ilink_user_id: person,
          typing_ticket: ticket,
          status: on ? typingStatus.on : typingStatus.off,
        },
        { signal, timeoutMs: callMs },
      );
    } catch (error) {
      // It may have run out early; another call may have a new one by now.
      if (tickets.get(person)?.ticket === ticket) tickets.delete(person);
      throw error;
    }
    return true;
  };

  const set = async (person: string, on: boolean, signal: AbortSignal): Promise<boolean> => {
    const kept = tickets.has(person);
    try {
      return await call(person, on, signal);
    } catch (error) {
      // A refused ticket may only be an old one.
      if (!kept || kindOf(error) !== 'validation') throw error;
      return call(person, on, signal);
    }
  };

  return {
    refreshMs: REFRESH_MS,
    async show(to, signal): Promise<ActivityRef | undefined> {
      return (await set(to.chat, true, signal)) ? { kind: 'typing', chat: to.chat } : undefined;
    },
    async clear(ref, _outcome, signal) {
      await set(ref.chat, false, signal);
    },
  };
}
