import type { AccountId, ProjectName } from '../core/ids.ts';
import type { Sender } from '../core/inbound.ts';
import type { Log } from '../core/platform.ts';
import { detectLanguage, type Language, parseLanguage } from '../i18n/languages.ts';
import type { Queries } from '../store/queries.ts';
import type { Store } from '../store/store.ts';
import { persistSoon } from './persist.ts';

/** Which language to speak to whom: chosen by `/lang`, set in the config, or detected per person; never written to the config. */
export class Languages {
  private readonly deps: { readonly store: Store; readonly queries: Queries; readonly log: Log };
  private readonly project: ProjectName;
  private readonly known = new Map<string, Language>();

  constructor(deps: Languages['deps'], project: ProjectName) {
    this.deps = deps;
    this.project = project;
  }

  of(
    account: AccountId,
    sender: Sender | undefined,
    configured: Language | undefined,
    text?: string,
  ): Language {
    if (!sender) return configured ?? 'en';
    const scope = `user:${account}:${sender.id}`;
    const chosen = this.chosen(scope);
    if (chosen) return chosen;
    if (configured) return configured;
    const seen = text && !text.startsWith('/') ? detectLanguage(text) : undefined;
    const now =
      seen ??
      this.known.get(scope) ??
      this.stored(scope, 'seen') ??
      (sender.language ? parseLanguage(sender.language) : undefined) ??
      'en';
    if (seen && this.known.get(scope) !== seen)
      persistSoon(this.deps, 'setPreference', {
        project: this.project,
        scope,
        name: 'language.seen',
        value: seen,
      });
    this.known.set(scope, now);
    return now;
  }

  /** `undefined` returns to detection. */
  async choose(account: AccountId, sender: Sender, language: Language | undefined): Promise<void> {
    const scope = `user:${account}:${sender.id}`;
    await this.deps.store.commit('setPreference', {
      project: this.project,
      scope,
      name: 'language.chosen',
      value: language ?? null,
    });
    this.choices.set(scope, language);
  }

  private readonly choices = new Map<string, Language | undefined>();

  private chosen(scope: string): Language | undefined {
    if (!this.choices.has(scope)) this.choices.set(scope, this.stored(scope, 'chosen'));
    return this.choices.get(scope);
  }

  private stored(scope: string, which: 'seen' | 'chosen'): Language | undefined {
    const value = this.deps.queries.preference(this.project, scope, `language.${which}`);
    return value ? parseLanguage(value) : undefined;
  }
}
