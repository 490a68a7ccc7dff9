import type { Address } from '../core/address.ts';
import { ProgressMessage } from './progress-message.ts';
import { linkOf, type ProjectContext } from './project-context.ts';

/** Says how a silent turn is going where there are no previews: one message, edited in place; said once where nothing can be edited. */
export class StatusMessage {
  private readonly context: ProjectContext;
  private readonly to: Address;
  private readonly message: ProgressMessage;
  private readonly edits: boolean;
  private wanted: string | undefined;
  private queued = false;

  constructor(context: ProjectContext, to: Address) {
    this.context = context;
    this.to = to;
    this.message = new ProgressMessage(context, to);
    this.edits = linkOf(context, to)?.platform.edit !== undefined;
  }

  show(markdown: string): void {
    const first = this.wanted === undefined;
    this.wanted = markdown;
    if (!this.edits && first) this.context.delivery.progress(this.to, markdown);
    if (!this.edits || this.queued) return;
    this.queued = true;
    this.context.delivery.task(this.to, async (platform, signal) => {
      this.queued = false;
      const [part] = platform.render({ kind: 'text', markdown: this.wanted ?? markdown }, this.to);
      if (part) await this.message.draw(platform, part, undefined, signal);
    });
  }
}
