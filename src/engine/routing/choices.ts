import type { Address } from '../../core/address.ts';
import type { AccountId, ProjectName } from '../../core/ids.ts';
import type { Queries } from '../../store/queries.ts';
import type { Store } from '../../store/store.ts';
import type { RouteChoice } from './rules.ts';

/** Belongs to no project: it says which one is meant. */
const owner = '';
/** A chat moves rarely; a longer row of ids is a mistake. */
const formerMax = 10;

/** What people chose with `/project`, per chat and thread of a bot; durable. */
export class RouteChoices {
  private readonly store: Store;
  private readonly queries: Queries;

  constructor(store: Store, queries: Queries) {
    this.store = store;
    this.queries = queries;
  }

  /** The thread's choice in front of the chat's. */
  of({ account, chat, thread }: Pick<Address, 'account' | 'chat' | 'thread'>): RouteChoice[] {
    const read = (scope: RouteChoice['scope'], name: string): RouteChoice[] => {
      const project = this.queries.preference(owner, scopeOf(account), name);
      return project === undefined ? [] : [{ project, scope }];
    };
    return [
      ...(thread === undefined ? [] : read('thread', nameOf(chat, thread))),
      ...read('chat', nameOf(chat, undefined)),
    ];
  }

  /** All choices made at a bot, for `cc-connect routes`. */
  all(account: AccountId): readonly { chat: string; thread?: string | undefined; project: string }[] {
    return this.queries.preferencesIn(owner, scopeOf(account)).map(({ name, value }) => {
      const [chat = '', thread] = JSON.parse(name) as [string, string?];
      return { chat, thread, project: value };
    });
  }

  /** `thread` undefined: for the whole chat. `project` undefined forgets the choice. */
  async choose(
    { account, chat, thread }: Pick<Address, 'account' | 'chat' | 'thread'>,
    project: ProjectName | undefined,
  ): Promise<void> {
    await this.store.commit('setPreference', {
      project: owner,
      scope: scopeOf(account),
      name: nameOf(chat, thread),
      value: project ?? null,
    });
  }

  /** The ids a chat had before, newest first: what the config says of them holds for it still. */
  formerChats(account: AccountId, chat: string): string[] {
    const found: string[] = [];
    for (let at = chat; found.length < formerMax; ) {
      const before = this.queries.preference(owner, movedOf(account), at);
      if (before === undefined || before === chat || found.includes(before)) break;
      found.push(before);
      at = before;
    }
    return found;
  }

  /** The chat has a new id: its choices move along. */
  async moved(account: AccountId, from: string, to: string): Promise<void> {
    const put = (scope: string, name: string, value: string | null) =>
      this.store.commit('setPreference', { project: owner, scope, name, value });
    const mine = this.all(account).filter(({ chat }) => chat === from);
    await Promise.all([
      put(movedOf(account), to, from),
      ...mine.flatMap(({ thread, project }) => [
        put(scopeOf(account), nameOf(to, thread), project),
        put(scopeOf(account), nameOf(from, thread), null),
      ]),
    ]);
  }
}

const scopeOf = (account: AccountId) => `route ${account}`;
const movedOf = (account: AccountId) => `moved ${account}`;
const nameOf = (chat: string, thread: string | undefined) =>
  JSON.stringify(thread === undefined ? [chat] : [chat, thread]);
