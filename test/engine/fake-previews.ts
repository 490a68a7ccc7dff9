import type { MessageRef } from '../../src/core/address.ts';
import type { Part } from '../../src/core/outgoing.ts';
import type { PreviewAbility, PreviewRef, PreviewView } from '../../src/core/platform.ts';
import type { FakePlatform } from '../engine-harness/fake-platform.ts';

/** Previews in the imaginary chat: messages that grow, and a record of every call. */
export class FakePreviews implements PreviewAbility {
  readonly calls: string[] = [];
  /** Views of all previews, in the order they were shown. */
  readonly views: PreviewView[] = [];
  /** What `finish` makes of a preview. */
  finishes: 'edit' | 'resend' = 'edit';
  /** While set, updates reject with it. */
  updateFailure: Error | undefined;
  /** While set, every call waits for it. */
  gate: Promise<void> | undefined;
  inFlight = 0;
  mostInFlight = 0;
  private readonly platform: FakePlatform;

  constructor(platform: FakePlatform) {
    this.platform = platform;
    platform.preview = this;
  }

  async open(to: Parameters<PreviewAbility['open']>[0], view: PreviewView): Promise<PreviewRef> {
    return this.flight('open', async () => {
      this.views.push(view);
      const part: Part = { kind: 'text', body: {}, plain: view.markdown };
      const id = `p${this.platform.shown.length + 1}`;
      this.platform.shown.push({ id, to, part });
      return { kind: 'fake', ref: { chat: to.chat, message: id } };
    });
  }

  async update(ref: PreviewRef, view: PreviewView): Promise<undefined> {
    return this.flight('update', async () => {
      if (this.updateFailure) throw this.updateFailure;
      this.views.push(view);
      await this.platform.edit(messageOf(ref), { kind: 'text', body: {}, plain: view.markdown });
      return undefined;
    });
  }

  async finish(ref: PreviewRef, part: Part): Promise<MessageRef | 'resend'> {
    return this.flight('finish', async () => {
      if (this.finishes === 'resend') {
        this.remove(ref);
        return 'resend';
      }
      await this.platform.edit(messageOf(ref), part);
      return messageOf(ref);
    });
  }

  async discard(ref: PreviewRef): Promise<void> {
    return this.flight('discard', async () => this.remove(ref));
  }

  private remove(ref: PreviewRef): void {
    const at = this.platform.shown.findIndex(({ id }) => id === messageOf(ref).message);
    if (at >= 0) this.platform.shown.splice(at, 1);
  }

  private async flight<T>(call: string, run: () => Promise<T>): Promise<T> {
    this.calls.push(call);
    this.inFlight += 1;
    this.mostInFlight = Math.max(this.mostInFlight, this.inFlight);
    try {
      await this.gate;
      return await run();
    } finally {
      this.inFlight -= 1;
    }
  }
}

function messageOf(ref: PreviewRef): MessageRef {
  if (!ref.ref) throw new Error('a preview without a message');
  return ref.ref;
}
