import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Address } from '../../../src/core/address.ts';
import { AppError, kindOf } from '../../../src/core/errors.ts';
import { asId } from '../../../src/core/ids.ts';
import type { Action, Inbound, InputVerdict } from '../../../src/core/inbound.ts';
import type { ActionReply, Log } from '../../../src/core/platform.ts';
import { ScratchMemory } from '../../../src/kit/scratch-memory.ts';
import type { ServerFrame } from '../../../src/platforms/terminal/frames.ts';
import { TerminalPlatform } from '../../../src/platforms/terminal/terminal-platform.ts';

const quiet: Log = { debug() {}, info() {}, warn() {}, error() {}, child: () => quiet };

interface Fixture {
  readonly platform: TerminalPlatform;
  readonly inputs: Inbound[];
  readonly actions: Action[];
  readonly states: string[];
  refuse(error: Error): void;
}

async function started(): Promise<Fixture> {
  const platform = new TerminalPlatform({
    log: quiet,
    cacheDir: tmpdir(),
    memory: () => new ScratchMemory(),
    project: 'demo',
  });
  const inputs: Inbound[] = [];
  const actions: Action[] = [];
  const states: string[] = [];
  let failure: Error | undefined;
  await platform.start({
    input: async (input): Promise<InputVerdict> => {
      if (failure) throw failure;
      inputs.push(input);
      return 'accepted';
    },
    action: async (action): Promise<ActionReply> => {
      actions.push(action);
      return { toast: 'Allowed' };
    },
    state: (state) => states.push(state),
  });
  return { platform, inputs, actions, states, refuse: (error) => (failure = error) };
}

/** A terminal that confirms at once and shows each key once. */
function terminal(platform: TerminalPlatform, session = 'default', confirm = true) {
  const frames: ServerFrame[] = [];
  const known = new Set<string>();
  const attachment = platform.attach(
    {
      send(frame) {
        frames.push(frame);
        if ('ref' in frame && (frame.t === 'preview' || frame.t === 'message')) known.add(frame.ref);
        if (!confirm || !('ack' in frame)) return;
        queueMicrotask(() =>
          attachment.frame({
            t: 'ack',
            ack: frame.ack,
            known: frame.t === 'message' || known.has(frame.ref),
          }),
        );
      },
    },
    session,
  );
  return { frames, attachment, of: (t: ServerFrame['t']) => frames.filter((frame) => frame.t === t) };
}

const place: Address = { account: asId('terminal:demo'), chat: 'default', direct: true };
const signal = new AbortController().signal;
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('terminal platform', () => {
  it('rebuilds the address of its own keys and of no others', async () => {
    const { platform } = await started();
    const address = platform.parseSessionKey('terminal:work');
    expect(address && platform.sessionKey(address)).toBe('terminal:work');
    expect(platform.parseSessionKey('telegram:1:2')).toBeUndefined();
    expect(platform.parseSessionKey('terminal:../x')).toBeUndefined();
  });

  it('greets a terminal with the published commands and reports itself ready again', async () => {
    const { platform, states } = await started();
    await platform.menu.publish([{ name: 'new', description: 'start over' }], signal);
    const client = terminal(platform);
    expect(client.frames[0]).toMatchObject({
      t: 'hello',
      project: 'demo',
      sessionKey: 'terminal:default',
      commands: [{ name: 'new' }],
    });
    expect(states).toEqual(['ready', 'ready']);
  });

  it('hands over what was typed under the id the terminal made and tells the verdict', async () => {
    const { platform, inputs } = await started();
    const client = terminal(platform);
    client.attachment.frame({ t: 'input', id: 'aaaaaaaa-1', text: 'hello', at: 5 });
    await settle();
    expect(inputs).toMatchObject([
      { kind: 'message', dedupeKey: 'aaaaaaaa-1', text: 'hello', at: 5, addressed: true },
    ]);
    expect(client.of('result')).toEqual([{ t: 'result', id: 'aaaaaaaa-1', verdict: 'accepted' }]);
  });

  it('says so when an input could not be stored', async () => {
    const fixture = await started();
    const client = terminal(fixture.platform);
    fixture.refuse(new AppError('store_full', 'the disk is full', { kind: 'unavailable' }));
    client.attachment.frame({ t: 'input', id: 'aaaaaaaa-1', text: 'hello', at: 5 });
    await settle();
    expect(client.of('result')).toMatchObject([{ verdict: 'failed', detail: 'the disk is full' }]);
  });

  it('passes a button on with the message that carries it and shows the answer', async () => {
    const { platform, actions } = await started();
    const client = terminal(platform);
    client.attachment.frame({ t: 'action', id: 'aaaaaaaa-2', data: 'ap:x:1', ref: 'k1', at: 1 });
    await settle();
    expect(actions).toMatchObject([{ data: 'ap:x:1', source: { chat: 'default', message: 'k1' } }]);
    expect(client.of('result')).toMatchObject([{ verdict: 'accepted', detail: 'Allowed' }]);
  });

  it('refuses to send with kind network while nobody looks', async () => {
    const { platform } = await started();
    const [part] = platform.render({ kind: 'text', markdown: 'hi' });
    if (!part) throw new Error('no part');
    const sent = platform.send(place, part, 'k1', signal);
    await expect(sent).rejects.toSatisfy((error) => kindOf(error) === 'network');
  });

  it('resolves a send when one of several terminals confirms it', async () => {
    const { platform } = await started();
    const silent = terminal(platform, 'default', false);
    terminal(platform);
    const [part] = platform.render({ kind: 'text', markdown: 'hi', footer: 'small' });
    if (!part) throw new Error('no part');
    await expect(platform.send(place, part, 'k1', signal)).resolves.toEqual({
      chat: 'default',
      message: 'k1',
    });
    expect(silent.of('message')).toMatchObject([
      { key: 'k1', body: { kind: 'text', markdown: 'hi', footer: 'small' } },
    ]);
  });

  it('counts a send as ambiguous when the terminal leaves before confirming', async () => {
    const { platform } = await started();
    const client = terminal(platform, 'default', false);
    const [part] = platform.render({ kind: 'text', markdown: 'hi' });
    if (!part) throw new Error('no part');
    const sent = platform.send(place, part, 'k1', signal);
    client.attachment.closed();
    await expect(sent).rejects.toSatisfy((error) => kindOf(error) === 'ambiguous');
  });

  it('counts a send as ambiguous when its signal fires', async () => {
    const { platform } = await started();
    terminal(platform, 'default', false);
    const [part] = platform.render({ kind: 'text', markdown: 'hi' });
    if (!part) throw new Error('no part');
    const control = new AbortController();
    const sent = platform.send(place, part, 'k1', control.signal);
    control.abort();
    await expect(sent).rejects.toSatisfy((error) => kindOf(error) === 'ambiguous');
  });

  it('turns a preview into its final text only where it was seen', async () => {
    const { platform } = await started();
    const client = terminal(platform);
    const [part] = platform.render({ kind: 'text', markdown: 'done' });
    if (!part) throw new Error('no part');
    const ref = await platform.preview.open(place, { markdown: 'do' }, 'p1', signal);
    await platform.preview.update(ref, { markdown: 'don' }, 1, signal);
    expect(client.of('preview')).toMatchObject([
      { seq: 0, markdown: 'do' },
      { seq: 1, markdown: 'don' },
    ]);
    expect(await platform.preview.finish(ref, part, signal)).toEqual(ref.ref);
    client.attachment.closed();
    expect(await platform.preview.finish(ref, part, signal)).toBe('resend');
    terminal(platform);
    expect(await platform.preview.finish(ref, part, signal)).toBe('resend');
  });

  it('keeps conversations of different names apart', async () => {
    const { platform } = await started();
    const other = terminal(platform, 'other');
    terminal(platform);
    const [part] = platform.render({ kind: 'text', markdown: 'hi' });
    if (!part) throw new Error('no part');
    await platform.send(place, part, 'k1', signal);
    expect(other.of('message')).toEqual([]);
    expect(() => terminal(platform, 'a/b')).toThrow(AppError);
  });

  it('tells a late terminal that work is going on', async () => {
    const { platform } = await started();
    const ref = await platform.activity.show(place, signal, async () => {});
    const client = terminal(platform);
    expect(client.of('activity')).toEqual([{ t: 'activity', on: true }]);
    if (ref) await platform.activity.clear(ref, 'done', signal);
    expect(client.of('activity').at(-1)).toEqual({ t: 'activity', on: false });
  });

  it('copies an attached file under the cap and leaves nothing when it is too large', async () => {
    const { platform } = await started();
    const folder = await mkdtemp(join(tmpdir(), 'cc-terminal-'));
    const source = join(folder, 'a.txt');
    await writeFile(source, 'x'.repeat(100));
    const file = { kind: 'file' as const, remote: { path: source } };
    expect(await platform.files.download(file, join(folder, 'b'), 100, signal)).toEqual({ bytes: 100 });
    expect(await readFile(join(folder, 'b'), 'utf8')).toHaveLength(100);
    const tooLarge = platform.files.download(file, join(folder, 'c'), 99, signal);
    await expect(tooLarge).rejects.toSatisfy((error) => kindOf(error) === 'validation');
    const missing = { kind: 'file' as const, remote: { path: join(folder, 'none') } };
    const gone = platform.files.download(missing, join(folder, 'd'), 99, signal);
    await expect(gone).rejects.toSatisfy((error) => kindOf(error) === 'not_found');
    await rm(folder, { recursive: true });
  });
});
