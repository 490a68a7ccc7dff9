import type { Address } from '../core/address.ts';
import type { AccountId, SessionKey } from '../core/ids.ts';
import type { Language } from '../i18n/languages.ts';
import { languageFor, type ProjectContext } from './project-context.ts';

/** The language to speak where nobody just wrote: that of whoever wrote there last. */
export function languageOfChat(context: ProjectContext, key: SessionKey, account: AccountId): Language {
  const [last] = context.queries.recentInputs(context.name, key, 1);
  return languageFor(context, account, last?.body.sender);
}

/** The same for a place that is written to. */
export function languageAt(context: ProjectContext, { account, ...place }: Address): Language {
  const key = context.links
    .get(account)
    ?.platform.sessionKey({ account, ...place }, { id: place.user ?? place.chat });
  return key ? languageOfChat(context, key, account) : (context.settings.language ?? 'en');
}
