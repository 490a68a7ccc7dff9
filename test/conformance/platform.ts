import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Address } from '../../src/core/address.ts';
import type { Card } from '../../src/core/card.ts';
import { AppError } from '../../src/core/errors.ts';
import type { Sender } from '../../src/core/inbound.ts';
import type { Outgoing, Part } from '../../src/core/outgoing.ts';
import type { Platform } from '../../src/core/platform.ts';
import { RecordingSink, waitUntil } from './recording-sink.ts';

/** A message of the bot as a person sees it in the chat. */
export interface SeenMessage {
  readonly id: string;
  /** Words without markup. */
  readonly text: string;
  /** Labels of its buttons, in order. */
  readonly buttons: readonly string[];
  readonly file?: { readonly name: string; readonly size: number };
}

/** What one simulated service must be able to do so that any adapter can be measured with it. */
export interface PlatformWorld {
  /** A fresh, unstarted adapter for the bot account; its timeouts set short enough for a test. */
  create(): Platform;
  /** The direct chat with `person`. */
  readonly direct: Address;
  readonly person: Sender;
  /** The person writes into the direct chat. Returns the platform's message id. */
  personSends(text: string): Promise<string>;
  /** The last message of the person comes again, as a new event. */
  redeliverLast(): Promise<void>;
  /** A message of the bot itself comes in as an event. */
  echoOwnMessage(text: string): Promise<void>;
  /** Garbage in the shape of an event comes in. */
  sendGarbage(): Promise<void>;
  /** What the bot has in the direct chat now, oldest first. */
  botMessages(): readonly SeenMessage[];
  /** The person presses a button; resolves with the toast when the platform has the adapter's answer. */
  press(messageId: string, label: string): Promise<{ readonly toast: string | undefined }>;
  readonly faults: {
    /** The next send is refused with "wait this long". */
    rateLimitNextSend(retryAfterMs: number): void;
    /** The next send is refused as broken, without being executed. */
    serverErrorNextSend(): void;
    /** The next send is executed and its answer lost. */
    swallowNextSend(): void;
    /** The next send is answered only after this long. */
    delayNextSend(ms: number): void;
    /** Every existing connection is cut; new ones work. */
    cutConnections(): void;
    /** True: connections stay open and nothing is answered or delivered any more, until false. */
    silent(on: boolean): void;
    /** True: the service takes the bot's credentials no more, until false. */
    refuseCredentials(on: boolean): void;
  };
  /** Connections of the adapter to the service that are open now. */
  openConnections(): number;
  close(): Promise<void>;
}

export interface PlatformSubject {
  readonly name: string;
  setup(): Promise<PlatformWorld>;
  /** How the platform is expected to answer an error class, where it differs. */
  readonly serverErrorKinds?: readonly string[];
}

const forever = new AbortController().signal;
const onePixel = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);
const card: Card = {
  title: 'Run a command?',
  blocks: [
    { kind: 'text', markdown: 'It wants to **list** files.' },
    { kind: 'code', language: 'bash', code: 'ls -la' },
    {
      kind: 'buttons',
      rows: [
        [
          { label: 'Allow', data: 'a:1:allow', style: 'primary' },
          { label: 'Deny', data: 'a:1:deny', style: 'danger' },
        ],
      ],
    },
  ],
};

async function rejection(promise: Promise<unknown>): Promise<AppError> {
  const error = await promise.then(
    () => undefined,
    (caught: unknown) => caught,
  );
  if (!(error instanceof AppError)) throw new Error(`expected an AppError, got ${String(error)}`);
  return error;
}

/** Behaviour every platform adapter shares, run over its simulator. */
export function platformConformance(subject: PlatformSubject): void {
  describe(`${subject.name} conforms to the platform port`, () => {
    const state: { world?: PlatformWorld; platforms: Platform[] } = { platforms: [] };
    let keys = 0;

    const world = (): PlatformWorld => {
      if (!state.world) throw new Error('no world');
      return state.world;
    };
    const start = async (sink = new RecordingSink()) => {
      const platform = world().create();
      state.platforms.push(platform);
      await platform.start(sink, forever);
      await waitUntil('the platform is ready', () => sink.lastState === 'ready');
      return { platform, sink };
    };
    const sendAll = async (platform: Platform, content: Outgoing) => {
      const parts = platform.render(content, world().direct);
      const refs = [];
      for (const part of parts)
        refs.push(await platform.send(world().direct, part, `key-${keys++}`, forever));
      return { parts, refs };
    };
    const onePart = (platform: Platform, markdown: string): Part => {
      const part = platform.render({ kind: 'text', markdown }, world().direct)[0];
      if (!part) throw new Error('nothing rendered');
      return part;
    };

    beforeEach(async () => {
      state.world = await subject.setup();
    });
    afterEach(async () => {
      for (const platform of state.platforms) await platform.stop();
      state.platforms = [];
      await state.world?.close();
      state.world = undefined;
    });

    test('a message arrives with place, sender and text', async () => {
      const { sink } = await start();
      await world().personSends('hello there');
      await waitUntil('the message arrives', () => sink.messages.length === 1);
      const message = sink.messages[0];
      expect(message?.text).toBe('hello there');
      expect(message?.sender.id).toBe(world().person.id);
      expect(message?.address.direct).toBe(true);
      expect(message?.address.chat).toBe(world().direct.chat);
      expect(message?.addressed).toBe(true);
    });

    test('a redelivery under a new event id carries the same dedupe key', async () => {
      const { sink } = await start();
      await world().personSends('once');
      await waitUntil('the message arrives', () => sink.inputs.length === 1);
      await world().redeliverLast();
      await waitUntil('it arrives again', () => sink.inputs.length === 2);
      expect(sink.inputs[1]?.dedupeKey).toBe(sink.inputs[0]?.dedupeKey);
    });

    test('a redelivery after a restart carries the same dedupe key', async () => {
      const first = await start();
      await world().personSends('before the restart');
      await waitUntil('the message arrives', () => first.sink.messages.length === 1);
      await first.platform.stop();
      const { sink } = await start();
      await world().redeliverLast();
      await world().personSends('marker');
      await waitUntil('the marker arrives', () => sink.messages.some(({ text }) => text === 'marker'));
      const again = sink.messages.filter(({ text }) => text === 'before the restart');
      for (const message of again) expect(message.dedupeKey).toBe(first.sink.inputs[0]?.dedupeKey);
    });

    test('two equal messages carry different dedupe keys', async () => {
      const { sink } = await start();
      await world().personSends('again');
      await world().personSends('again');
      await waitUntil('both arrive', () => sink.inputs.length === 2);
      expect(sink.inputs[1]?.dedupeKey).not.toBe(sink.inputs[0]?.dedupeKey);
    });

    test('what could not be stored comes again', async () => {
      const { sink } = await start();
      sink.refusing = true;
      await world().personSends('keep me');
      await waitUntil('it is offered', () => sink.inputs.length >= 1);
      sink.refusing = false;
      await waitUntil('it is offered again', () => sink.messages.length === 1, 20_000);
      expect(sink.messages[0]?.text).toBe('keep me');
    });

    test('messages that came while nobody was connected arrive in order', async () => {
      const first = await start();
      await first.platform.stop();
      await world().personSends('one');
      await world().personSends('two');
      const { sink } = await start();
      await waitUntil('both arrive', () => sink.messages.length === 2);
      expect(sink.messages.map((message) => message.text)).toEqual(['one', 'two']);
    });

    test('own messages never reach the engine', async () => {
      const { sink } = await start();
      await world().echoOwnMessage('talking to myself');
      await world().personSends('marker');
      await waitUntil('the marker arrives', () => sink.messages.length > 0);
      expect(sink.messages.map((message) => message.text)).toEqual(['marker']);
    });

    test('garbage events are skipped and do not stop the stream', async () => {
      const { sink } = await start();
      await world().sendGarbage();
      await world().personSends('after the garbage');
      await waitUntil('the message arrives', () => sink.messages.length === 1);
      expect(sink.messages[0]?.text).toBe('after the garbage');
    });

    test('an address survives JSON and can still be written to', async () => {
      const { platform, sink } = await start();
      await world().personSends('where am I');
      await waitUntil('the message arrives', () => sink.messages.length === 1);
      const address = JSON.parse(JSON.stringify(sink.messages[0]?.address)) as Address;
      expect(address).toEqual(sink.messages[0]?.address);
      await platform.send(address, onePart(platform, 'here'), 'address-key', forever);
      expect(world().botMessages().at(-1)?.text).toContain('here');
    });

    test('a session key leads back to a place that can be written to', async () => {
      const { platform, sink } = await start();
      await world().personSends('key');
      await waitUntil('the message arrives', () => sink.messages.length === 1);
      const message = sink.messages[0];
      if (!message) throw new Error('no message');
      const key = platform.sessionKey(message.address, message.sender);
      expect(key.startsWith(`${platform.type}:`)).toBe(true);
      const address = platform.parseSessionKey(key);
      if (!address) throw new Error('the key does not lead back');
      expect(platform.sessionKey(address, message.sender)).toBe(key);
      await platform.send(address, onePart(platform, 'by key'), 'session-key', forever);
      expect(world().botMessages().at(-1)?.text).toContain('by key');
      expect(platform.parseSessionKey('someoneelse:1:2')).toBeUndefined();
      expect(platform.parseSessionKey('')).toBeUndefined();
    });

    test('markdown goes out as text a person can read', async () => {
      const { platform } = await start();
      await sendAll(platform, {
        kind: 'text',
        markdown: '# Title\n\nSome **bold** <b>raw</b> & `code`\n\n```js\nif (a < b) {}\n```\n',
      });
      const text = world().botMessages().at(-1)?.text ?? '';
      for (const word of ['Title', 'bold', '&', 'code', 'if (a < b) {}']) expect(text).toContain(word);
      expect(text).not.toContain('**bold**');
    });

    test('parts are plain JSON and can be sent after a restart', async () => {
      const { platform } = await start();
      const parts = [
        ...platform.render({ kind: 'text', markdown: 'kept *text*' }, world().direct),
        ...platform.render({ kind: 'card', card }, world().direct),
      ];
      const stored = JSON.parse(JSON.stringify(parts)) as Part[];
      expect(stored).toEqual(parts);
      await platform.stop();
      const again = await start();
      for (const part of stored) await again.platform.send(world().direct, part, `stored-${keys++}`, forever);
      expect(
        world()
          .botMessages()
          .some((message) => message.text.includes('kept text')),
      ).toBe(true);
    });

    test('an oversized text goes out whole, in order, in several messages', async () => {
      const { platform } = await start();
      const lines = Array.from({ length: 1500 }, (_, i) => `line ${i} with some words 🙂 behind it`);
      const { refs } = await sendAll(platform, { kind: 'text', markdown: lines.join('\n\n') });
      expect(refs.length).toBeGreaterThan(1);
      const { longText } = platform.capabilities;
      if (longText) {
        expect(refs.length).toBeLessThanOrEqual(longText.afterParts);
        const whole = world()
          .botMessages()
          .find(({ file }) => file);
        expect(whole?.file?.name).toContain(longText.extension);
        expect(whole?.file?.size).toBe(Buffer.byteLength(lines.join('\n\n')));
        expect(world().botMessages()[0]?.text).toContain('line 0 with');
        return;
      }
      const all = world()
        .botMessages()
        .map((message) => message.text)
        .join('\n');
      let at = -1;
      for (let i = 0; i < 1500; i += 50) {
        const found = all.indexOf(`line ${i} with`);
        expect(found, `line ${i}`).toBeGreaterThan(at);
        at = found;
      }
      expect(all).not.toContain('\ufffd');
    });

    test('a card goes out with its words and buttons', async () => {
      const { platform } = await start();
      await sendAll(platform, { kind: 'card', card });
      const seen = world().botMessages().at(-1);
      expect(seen?.text).toContain('Run a command?');
      expect(seen?.text).toContain('ls -la');
      if (platform.capabilities.buttons) expect(seen?.buttons).toEqual(['Allow', 'Deny']);
    });

    test('a file goes out with its name and all of its bytes', async () => {
      const { platform } = await start();
      const folder = await mkdtemp(join(tmpdir(), 'conformance-'));
      try {
        const path = join(folder, 'report.txt');
        await writeFile(path, 'x'.repeat(70_000));
        await sendAll(platform, {
          kind: 'file',
          file: { kind: 'file', path, name: 'report.txt', mime: 'text/plain', size: 70_000 },
        });
        const seen = world()
          .botMessages()
          .find((message) => message.file);
        expect(seen?.file).toEqual({ name: 'report.txt', size: 70_000 });
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    });

    test.each([
      ['image', 'photo.png', 'image/png'],
      ['audio', 'voice.ogg', 'audio/ogg'],
      ['video', 'clip.mp4', 'video/mp4'],
    ] as const)('a file of kind %s goes out whole, its caption readable', async (kind, name, mime) => {
      const { platform } = await start();
      const folder = await mkdtemp(join(tmpdir(), 'conformance-'));
      try {
        const path = join(folder, name);
        const bytes = kind === 'image' ? onePixel : Buffer.alloc(5000, 7);
        await writeFile(path, bytes);
        const file = { kind, path, name, mime, size: bytes.length };
        await sendAll(platform, { kind: 'file', file, caption: 'look at **this**' });
        const seen = world().botMessages();
        expect(seen.find((message) => message.file)?.file?.size).toBe(bytes.length);
        expect(seen.map(({ text }) => text).join('\n')).toContain('look at this');
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    });

    test('a file that is gone is told as missing', async () => {
      const { platform } = await start();
      const file = {
        kind: 'file',
        path: '/nonexistent/x.txt',
        name: 'x.txt',
        mime: 'text/plain',
        size: 3,
      } as const;
      const [part] = platform.render({ kind: 'file', file }, world().direct);
      if (!part) throw new Error('nothing rendered');
      const error = await rejection(platform.send(world().direct, part, 'gone-file', forever));
      expect(['missing', 'validation', 'permanent']).toContain(error.kind);
      expect(world().botMessages()).toEqual([]);
    });

    test('an edit replaces a message and may be repeated', async () => {
      const { platform } = await start();
      if (!platform.edit) return;
      const ref = await platform.send(world().direct, onePart(platform, 'before'), 'edit-key', forever);
      const after = onePart(platform, 'after');
      await platform.edit(ref, after, forever);
      await platform.edit(ref, after, forever);
      expect(
        world()
          .botMessages()
          .map((message) => message.text.trim()),
      ).toEqual(['after']);
    });

    test('a removed message is gone, and removing it again does no harm', async () => {
      const { platform } = await start();
      if (!platform.remove) return;
      const ref = await platform.send(world().direct, onePart(platform, 'short life'), 'rm-key', forever);
      await platform.remove(ref, forever);
      await platform.remove(ref, forever);
      expect(world().botMessages()).toEqual([]);
    });

    test('editing a message that is gone is not_found', async () => {
      const { platform } = await start();
      if (!platform.edit || !platform.remove) return;
      const ref = await platform.send(world().direct, onePart(platform, 'short life'), 'gone-key', forever);
      await platform.remove(ref, forever);
      const error = await rejection(platform.edit(ref, onePart(platform, 'too late'), forever));
      expect(error.kind).toBe('not_found');
    });

    test('a rate limit says how long to wait', async () => {
      const { platform } = await start();
      world().faults.rateLimitNextSend(3000);
      const error = await rejection(
        platform.send(world().direct, onePart(platform, 'x'), 'rate-key', forever),
      );
      expect(error.kind).toBe('rate_limit');
      expect(error.retryAfterMs ?? 0).toBeGreaterThan(0);
      expect(world().botMessages()).toEqual([]);
    });

    test('a broken service is told as such, and the next send works', async () => {
      const { platform } = await start();
      world().faults.serverErrorNextSend();
      const part = onePart(platform, 'works later');
      const error = await rejection(platform.send(world().direct, part, 'broken-key', forever));
      expect(subject.serverErrorKinds ?? ['unavailable', 'ambiguous']).toContain(error.kind);
      await platform.send(world().direct, part, 'broken-key', forever);
      expect(world().botMessages().length).toBe(1);
    });

    test('a send whose answer is lost is ambiguous and can be settled without a second copy', async () => {
      const { platform } = await start();
      await platform.send(world().direct, onePart(platform, 'before it'), 'lost-0', forever);
      world().faults.swallowNextSend();
      const part = onePart(platform, 'did it arrive?');
      const error = await rejection(platform.send(world().direct, part, 'lost-key', forever));
      expect(error.kind).toBe('ambiguous');
      const { delivery } = platform.capabilities;
      if (delivery.kind === 'keyed') await platform.send(world().direct, part, 'lost-key', forever);
      if (delivery.kind === 'probe') {
        const found = await platform.probe?.(world().direct, part, 'lost-key', forever);
        expect(found).toMatchObject({ message: world().botMessages().at(-1)?.id });
      }
      if (delivery.kind !== 'blind') {
        const copies = world()
          .botMessages()
          .filter((message) => message.text.includes('did it arrive?'));
        expect(copies.length).toBe(1);
      }
    });

    test('a send ends at once when its signal is aborted', async () => {
      const { platform } = await start();
      world().faults.delayNextSend(20_000);
      const controller = new AbortController();
      const sent = platform.send(world().direct, onePart(platform, 'slow'), 'abort-key', controller.signal);
      const begun = Date.now();
      setTimeout(() => controller.abort(), 50).unref();
      await expect(sent).rejects.toThrow();
      expect(Date.now() - begun).toBeLessThan(5000);
    });

    test('stopping while a send is under way leaves nothing behind', async () => {
      const { platform } = await start();
      world().faults.delayNextSend(20_000);
      const controller = new AbortController();
      const sent = platform
        .send(world().direct, onePart(platform, 'slow'), 'stop-key', controller.signal)
        .catch((error: unknown) => error);
      await new Promise((resolve) => setTimeout(resolve, 50));
      controller.abort();
      await platform.stop();
      await sent;
      await waitUntil('all connections are closed', () => world().openConnections() === 0);
    });

    test('a storm of cuts ends connected once, with every message once and in order', async () => {
      const { sink } = await start();
      const before = world().openConnections();
      const texts = Array.from({ length: 6 }, (_, at) => `storm ${at}`);
      for (const text of texts) {
        world().faults.cutConnections();
        await world().personSends(text);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      await waitUntil('all messages arrive', () => sink.messages.length === texts.length, 30_000);
      expect(sink.messages.map((message) => message.text)).toEqual(texts);
      await waitUntil('it is ready again', () => sink.lastState === 'ready', 20_000);
      await waitUntil('one connection is left', () => world().openConnections() <= before + 1, 20_000);
    });

    test('refused credentials are denied once with the fix, told to doctor, and work again when mended', async () => {
      world().faults.refuseCredentials(true);
      const platform = world().create();
      const sink = new RecordingSink();
      state.platforms.push(platform);
      await platform.start(sink, forever);
      await waitUntil('it is denied', () => sink.lastState === 'denied', 20_000);
      await new Promise((resolve) => setTimeout(resolve, 400));
      expect(sink.states.filter((one) => one.state === 'denied')).toHaveLength(1);
      const { detail = '' } = sink.states.at(-1) ?? {};
      const findings = (await platform.check?.(forever)) ?? [];
      const error = findings.find(({ level }) => level === 'error');
      expect(error?.unconfirmed).toBe(true);
      expect(error?.fix ?? '').not.toBe('');
      expect(detail).toContain(error?.fix ?? '');
      world().faults.refuseCredentials(false);
      await waitUntil('it is ready', () => sink.lastState === 'ready', 30_000);
      const mended = (await platform.check?.(forever)) ?? [];
      expect(mended.filter(({ level, unconfirmed }) => level === 'error' && unconfirmed)).toEqual([]);
    });

    test('cut connections are made anew', async () => {
      const { sink } = await start();
      world().faults.cutConnections();
      await world().personSends('after the cut');
      await waitUntil('the message arrives', () => sink.messages.length === 1, 20_000);
    });

    test('a half-open connection is noticed, told and replaced', async () => {
      const { platform, sink } = await start();
      world().faults.silent(true);
      const before = platform.health().lastProgressAt;
      await waitUntil('the silence is noticed', () => sink.lastState === 'down', 20_000);
      expect(platform.health().lastProgressAt - before).toBeLessThan(5000);
      world().faults.silent(false);
      await world().personSends('after the silence');
      await waitUntil('the message arrives', () => sink.messages.length === 1, 20_000);
      await waitUntil('it is ready again', () => sink.lastState === 'ready', 20_000);
    });

    test('a pressed button reaches the engine and its answer the person', async () => {
      const { platform, sink } = await start();
      if (!platform.capabilities.buttons) return;
      const { refs } = await sendAll(platform, { kind: 'card', card });
      sink.reply = {
        toast: 'Allowed',
        card: { title: 'Allowed by Ann', blocks: [{ kind: 'text', markdown: 'ls ran' }] },
      };
      const id = world().botMessages().at(-1)?.id ?? '';
      const { toast } = await world().press(id, 'Allow');
      expect(toast).toBe('Allowed');
      expect(sink.actions[0]?.data).toBe('a:1:allow');
      expect(sink.actions[0]?.source?.message).toBe(refs.at(-1)?.message);
      expect(sink.actions[0]?.sender.id).toBe(world().person.id);
      await waitUntil('the card is replaced', () =>
        world()
          .botMessages()
          .some((message) => message.text.includes('Allowed by Ann') && message.buttons.length === 0),
      );
    });

    test('a double click is two presses, each answered; the engine tells the second one that it is late', async () => {
      const { platform, sink } = await start();
      if (!platform.capabilities.buttons) return;
      await sendAll(platform, { kind: 'card', card });
      sink.reply = { toast: 'Done' };
      const id = world().botMessages().at(-1)?.id ?? '';
      const first = world().press(id, 'Allow');
      sink.reply = { toast: 'Done' };
      const second = world().press(id, 'Allow');
      expect((await Promise.all([first, second])).map(({ toast }) => toast)).toEqual(['Done', 'Done']);
      const keys = new Set(sink.actions.map(({ dedupeKey }) => dedupeKey));
      expect(keys.size).toBe(2);
      expect(new Set(sink.actions.map(({ data }) => data))).toEqual(new Set(['a:1:allow']));
    });

    test('a button of an earlier life still reaches the engine, which says that it is stale', async () => {
      const before = await start();
      if (!before.platform.capabilities.buttons) return;
      await sendAll(before.platform, { kind: 'card', card });
      const id = world().botMessages().at(-1)?.id ?? '';
      await before.platform.stop();
      const { sink } = await start();
      sink.reply = { toast: 'Too late', toastKind: 'error' };
      const { toast } = await world().press(id, 'Deny');
      expect(toast).toBe('Too late');
      expect(sink.actions[0]).toMatchObject({ data: 'a:1:deny', source: { message: id } });
    });

    test('a preview of an earlier life is the same one each time it is looked for', async () => {
      const before = await start();
      if (!before.platform.preview?.find) return;
      const begunAt = Date.now();
      await before.platform.preview.open(world().direct, { markdown: 'Thinking' }, 'pv-found', forever);
      await before.platform.stop();
      const { preview } = (await start()).platform;
      const look = () => preview?.find?.(world().direct, 'pv-found', forever, begunAt);
      expect(await look()).toEqual(await look());
    });

    test('a preview grows in place and becomes the final text', async () => {
      const { platform } = await start();
      if (!platform.preview) return;
      let ref = await platform.preview.open(world().direct, { markdown: 'Thinking' }, 'pv-1', forever);
      for (const [i, markdown] of ['Thinking about', 'Thinking about **it'].entries())
        ref = (await platform.preview.update(ref, { markdown }, i + 1, forever)) ?? ref;
      const stored = JSON.parse(JSON.stringify(ref)) as typeof ref;
      const part = onePart(platform, 'The answer is 42');
      const ended = await platform.preview.finish(stored, part, forever);
      if (ended === 'resend') await platform.send(world().direct, part, 'pv-2', forever);
      expect(
        world()
          .botMessages()
          .map((message) => message.text.trim()),
      ).toEqual(['The answer is 42']);
    });

    test('a discarded preview leaves nothing, also when discarded twice', async () => {
      const { platform } = await start();
      if (!platform.preview) return;
      const ref = await platform.preview.open(world().direct, { markdown: 'Never mind' }, 'pv-3', forever);
      await platform.preview.discard(ref, forever);
      await platform.preview.discard(ref, forever);
      expect(world().botMessages()).toEqual([]);
    });

    test('what a send budget holds back can be joined without losing a word', async () => {
      const { platform } = await start();
      expect(platform.budget === undefined).toBe(platform.capabilities.budget === undefined);
      if (!platform.budget) return;
      const parts = Array.from({ length: 60 }, (_, at) =>
        onePart(platform, `held ${at} ${'word '.repeat(30)}`),
      );
      const merged = platform.budget.merge(parts);
      expect(merged.length).toBeLessThan(parts.length / 2);
      for (const part of merged) await platform.send(world().direct, part, `merged-${keys++}`, forever);
      const all = world()
        .botMessages()
        .map(({ text }) => text)
        .join('\n');
      expect([...all.matchAll(/held (\d+)/g)].map((match) => Number(match[1]))).toEqual(
        parts.map((_, at) => at),
      );
    });

    test('starting and stopping many times leaves no handle behind', async () => {
      const handles = () =>
        process.getActiveResourcesInfo().filter((kind) => !/^(Immediate|FSReq)/.test(kind));
      await (await start()).platform.stop();
      await waitUntil('the first life is over', () => world().openConnections() === 0);
      const before = handles().length;
      for (let round = 0; round < 4; round++) await (await start()).platform.stop();
      await waitUntil('all connections are closed', () => world().openConnections() === 0);
      await waitUntil(`${before} handles are left`, () => handles().length <= before + 2);
    });

    test('stop resolves with no connection and no timer left', async () => {
      const { platform } = await start();
      await platform.stop();
      await platform.stop();
      await waitUntil('all connections are closed', () => world().openConnections() === 0);
      expect(process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length).toBeLessThan(10);
    });
  });
}
