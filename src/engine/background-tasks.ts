import { describeError } from '../core/errors.ts';
import type { SessionId } from '../core/ids.ts';
import { turnTexts as texts } from '../i18n/texts/turn.ts';
import { translate } from '../i18n/translate.ts';
import { languageOfChat } from './chat-language.ts';
import { partsFor } from './parts.ts';
import { isStopping, persist } from './persist.ts';
import { linkOf, type ProjectContext } from './project-context.ts';

/**
 * Names what a process was started to do in the background, where its conversation was last spoken to: it ends with the
 * process. Stored before it is said, so that a daemon which stops tells it at its next start.
 */
export function nameBackground(
  context: ProjectContext,
  process: { readonly marker: string; readonly sessionId: SessionId; readonly background: readonly string[] },
): void {
  const { marker, sessionId, background } = process;
  if (background.length === 0) return;
  const session = context.queries.session(sessionId);
  const to = session?.address && { ...session.address, replyTo: undefined };
  const link = to && linkOf(context, to);
  if (!session || !link) return;
  const language = languageOfChat(context, session.sessionKey, to.account);
  const markdown = translate(texts.backgroundEnds, language, { tasks: background.join(', ') });
  const at = Date.now();
  const outbox = partsFor(link.platform, to, { kind: 'text', markdown }, { project: context.name }, at);
  const stored = persist(context, 'processBackground', { marker, background: [], outbox, at });
  context.delivery.reserve(outbox, stored);
  stored.catch((error: unknown) =>
    context.log[isStopping(error) ? 'debug' : 'error'](
      { session: sessionId, error: describeError(error) },
      'background tasks were not named',
    ),
  );
}
