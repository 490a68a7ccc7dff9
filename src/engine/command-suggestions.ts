import { describeError } from '../core/errors.ts';
import type { Suggestion, TypedCommand } from '../core/platform.ts';
import { translate } from '../i18n/translate.ts';
import type { Access } from './access.ts';
import type { SessionActor } from './actor.ts';
import type { CommandPlace } from './command.ts';
import type { CommandTable } from './command-table.ts';
import { languageFor, type ProjectContext } from './project-context.ts';
import { disabledFor } from './roles.ts';

/** What a person waits for at most while typing; the platforms themselves give up after three seconds. */
const deadlineMs = 2_000;
const most = 50;

export interface SuggestionDeps {
  readonly context: ProjectContext;
  readonly access: Access;
  readonly table: CommandTable;
}

/**
 * What may stand behind a command that is being typed, best first: what begins like the words typed so far, then what
 * holds them. Nothing for people who may not use the command, and nothing rather than late.
 */
export async function suggestionsFor(
  { context, access, table }: SuggestionDeps,
  actor: SessionActor,
  typed: TypedCommand,
): Promise<readonly Suggestion[]> {
  const { address, sender } = typed;
  const { account } = address;
  const spec = table.all.find(({ name, aliases }) => [name, ...(aliases ?? [])].includes(typed.command));
  if (!spec?.suggest || !access.isAllowed(account, sender)) return [];
  const disabled = disabledFor(context.settings, sender).map((word) => word.replace(/^\//, ''));
  const admin = access.isAdmin(account, sender);
  if (disabled.includes('*') || disabled.includes(spec.name) || (spec.admin && !admin)) return [];
  const language = languageFor(context, account, sender);
  const place: CommandPlace = {
    context,
    actor,
    table,
    sender,
    address,
    language,
    admin,
    say: (text, values) => translate(text, language, values),
  };
  const late = new Promise<readonly Suggestion[]>((resolve) => setTimeout(resolve, deadlineMs, []).unref());
  const found = Promise.resolve(spec.suggest(place)).catch((error: unknown): readonly Suggestion[] => {
    context.log.debug({ command: spec.name, error: describeError(error) }, 'no suggestions');
    return [];
  });
  return fitting(await Promise.race([found, late]), typed.text);
}

function fitting(all: readonly Suggestion[], text: string): readonly Suggestion[] {
  const begun = text.trim().toLowerCase();
  const has = (test: (words: string) => boolean) => (one: Suggestion) =>
    test(one.value.toLowerCase()) || test(one.label.toLowerCase());
  const first = all.filter(has((words) => words.startsWith(begun)));
  const then = all.filter((one) => !first.includes(one) && has((words) => words.includes(begun))(one));
  return [...first, ...then].slice(0, most);
}
