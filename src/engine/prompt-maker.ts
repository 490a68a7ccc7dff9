import type { Prompt } from '../core/agent.ts';
import type { PromptId } from '../core/ids.ts';
import type { MessageInbound } from '../core/inbound.ts';
import { turnTexts as texts } from '../i18n/texts/turn.ts';
import type { InputRow, SessionRow } from '../store/rows.ts';
import type { SessionActor } from './actor.ts';
import { stageFiles } from './attachments.ts';
import { linkOf } from './project-context.ts';
import { buildPrompt, type PromptSource } from './prompt.ts';
import type { Recap } from './recap.ts';
import { systemPromptFor } from './system-prompt.ts';

export interface PromptRequest {
  readonly inputs: readonly InputRow[];
  readonly session: SessionRow;
  readonly id: PromptId;
  readonly signal: AbortSignal;
  readonly recap?: Recap | undefined;
  /** The first prompt of a new conversation. */
  readonly first?: boolean;
}

/** Makes the agent's prompt of one or several inputs, their files fetched. */
export class PromptMaker {
  private readonly actor: SessionActor;

  constructor(actor: SessionActor) {
    this.actor = actor;
  }

  async make({ inputs, session, id, signal, recap, first = false }: PromptRequest): Promise<Prompt> {
    const { context } = this.actor;
    const { settings } = context;
    const { agent } = context.agents.usable(session);
    const workDir = session.workDir ?? agent.workDir;
    const sources = await Promise.all(
      inputs.flatMap((row) =>
        row.body.kind === 'message' ? [this.source(row, row.body, workDir, signal)] : [],
      ),
    );
    const link = inputs[0] && linkOf(context, inputs[0].body.address);
    const told = agent.capabilities.systemPrompt || !first;
    const { text, images } = buildPrompt(sources, {
      injectSender: settings.injectSender,
      platformType: link?.platform.type ?? '',
      nativeImages: agent.capabilities.images,
      recap,
      preamble: told
        ? undefined
        : systemPromptFor({
            formattingHint: link?.platform.capabilities.formattingHint,
            attachmentSend: settings.attachmentSend,
          }),
    });
    return { id, text, images };
  }

  private async source(
    row: InputRow,
    message: MessageInbound,
    workDir: string,
    signal: AbortSignal,
  ): Promise<PromptSource> {
    const all = [...(message.files ?? []), ...(message.quoted?.files ?? [])];
    const wanted = all.filter((file) => !(file.kind === 'voice' && file.transcript));
    const { files, failed } = await stageFiles(this.actor.context, row, wanted, workDir, signal);
    const language = this.actor.languageOf(row);
    for (const { name, reason } of failed)
      this.actor.parts.commands.tell(row, texts.attachmentFailed, language, { name, reason });
    return { message, files };
  }
}
