import type { Address, MessageRef } from '../core/address.ts';
import type { Platform } from '../core/platform.ts';
import { linkOf, type ProjectContext } from './project-context.ts';

/** Characters a growing progress message keeps; older lines fall off. */
const growingMax = 3500;

/** Thinking and tool messages of one turn: one message each, or one that grows in place. Never durable. */
export class ProgressView {
  private readonly context: ProjectContext;
  private readonly to: Address;
  private readonly grows: boolean;
  private lines: string[] = [];
  private ref: MessageRef | undefined;
  private dirty = false;
  private queued = false;

  constructor(context: ProjectContext, to: Address) {
    this.context = context;
    this.to = to;
    const link = linkOf(context, to);
    this.grows = link !== undefined && link.progressStyle !== 'legacy' && link.platform.edit !== undefined;
  }

  add(markdown: string): void {
    if (!this.grows) {
      this.context.delivery.progress(this.to, markdown);
      return;
    }
    this.lines.push(markdown);
    this.redraw();
  }

  /** The result of the newest tool. Where every event is a message of its own, only failures are worth one. */
  addResult(markdown: string, ok: boolean): void {
    if (this.grows) this.add(markdown);
    else if (!ok) this.context.delivery.progress(this.to, markdown);
  }

  /** The next text starts a new message. */
  end(): void {
    this.lines = [];
    this.ref = undefined;
  }

  private redraw(): void {
    this.dirty = true;
    if (this.queued) return;
    this.queued = true;
    this.context.delivery.task(this.to, async (platform, signal) => {
      this.queued = false;
      if (!this.dirty || this.lines.length === 0) return;
      this.dirty = false;
      await this.draw(platform, signal);
    });
  }

  private async draw(platform: Platform, signal: AbortSignal): Promise<void> {
    while (this.lines.length > 1 && this.lines.join('\n').length > growingMax) this.lines.shift();
    const [part] = platform.render({ kind: 'text', markdown: this.lines.join('\n\n') }, this.to);
    if (!part) return;
    if (this.ref && platform.edit) await platform.edit(this.ref, part, signal);
    else this.ref = await platform.send(this.to, part, `progress-${Date.now()}`, signal);
  }
}
