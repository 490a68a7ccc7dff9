import { existsSync, readFileSync } from 'node:fs';
import { mkdir, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { sendInto } from '../../src/app/send.ts';
import { AppError } from '../../src/core/errors.ts';
import type { RemoteFile } from '../../src/core/inbound.ts';
import { expireStaged } from '../../src/engine/attachments.ts';
import { expireOutgoing, outgoingFolder } from '../../src/engine/outgoing-copies.ts';
import type { ProjectSettings } from '../../src/engine/settings.ts';
import { fakeCapabilities } from '../engine-harness/fake-agent.ts';
import type { FakePlatform } from '../engine-harness/fake-platform.ts';
import { Harness, until } from '../engine-harness/harness.ts';

let chat: Harness;
afterEach(() => chat.close());

/** A platform that hands over files whose content is their own id, and refuses what is too large or gone. */
const open = async (settings: Partial<ProjectSettings> = {}) => {
  chat = await Harness.open({ settings });
  const files: NonNullable<FakePlatform['files']> = {
    async download(file, target, maxBytes) {
      const id = String(file.remote.id);
      if (id === 'gone') throw new AppError('gone', 'the file has expired', { kind: 'not_found' });
      const content = 'x'.repeat(Number(file.remote.bytes ?? 1)) + id;
      if (content.length > maxBytes)
        throw new AppError('too_large', `the file is larger than ${maxBytes} bytes`, { kind: 'validation' });
      await writeFile(target, content);
      return { bytes: content.length };
    },
  };
  chat.platform.files = files;
};
const file = (id: string, more: Partial<RemoteFile> & { bytes?: number } = {}): RemoteFile => {
  const { bytes, ...rest } = more;
  return { kind: 'file', name: `${id}.txt`, mime: 'text/plain', ...rest, remote: { id, bytes: bytes ?? 1 } };
};
const prompt = async (count = 1) => {
  await until('the prompt', () => chat.agent.last?.prompts.length === count);
  return chat.agent.last?.prompts[count - 1];
};
const attachments = () => join(chat.folder, '.cc-connect', 'attachments');
const pathsIn = (text: string | undefined) =>
  [...(text ?? '').matchAll(/^- (.+)$/gm)].map(([, path]) => path ?? '');

describe('files that come in', () => {
  it('are staged under the work dir in a folder of their message, and named to the agent', async () => {
    await open();
    await chat.send({ text: 'read these', files: [file('a'), file('b')] });
    const made = await prompt();
    const paths = pathsIn(made?.text);
    expect(made?.text).toContain('read these\nAttached files (on this machine):');
    expect(paths).toHaveLength(2);
    for (const path of paths)
      expect(path.startsWith(join(chat.folder, '.cc-connect', 'attachments'))).toBe(true);
    expect(readFileSync(paths[0] ?? '', 'utf8')).toBe('xa');
  });

  it('are on record before their folder exists, so that none is left behind by a kill', async () => {
    await open();
    const found: [boolean, number][] = [];
    const { files } = chat.platform;
    chat.platform.files = {
      download: (...args) => {
        found.push([existsSync(dirname(args[1])), chat.queries.staged().length]);
        return Promise.reject(new Error('killed'));
      },
    };
    const commit = chat.store.commit.bind(chat.store);
    chat.store.commit = async (name, args, urgency) => {
      if (name === 'staged') found.push([existsSync(attachments()), chat.queries.staged().length]);
      return commit(name, args, urgency);
    };
    await chat.send({ text: 'read this', files: [file('a')] });
    await prompt();
    chat.platform.files = files;
    expect(found.slice(0, 2)).toEqual([
      [false, 0],
      [true, 1],
    ]);
    await until('their sizes', () => found.length === 3);
    expect(chat.queries.staged()).toHaveLength(1);
  });

  it('without words come with a word to look at them', async () => {
    await open();
    await chat.send({ files: [file('a')] });
    expect((await prompt())?.text).toMatch(/^Please look at what is attached\./);
  });

  it('of one name do not overwrite each other', async () => {
    await open();
    await chat.send({ files: [file('a', { name: 'same.txt' }), file('b', { name: 'Same.txt' })] });
    const paths = pathsIn((await prompt())?.text);
    expect(paths.map((path) => path.split('/').at(-1))).toEqual(['same.txt', 'Same_1.txt']);
    expect(paths.map((path) => readFileSync(path, 'utf8')).sort()).toEqual(['xa', 'xb']);
  });

  it.each(['../../etc/passwd', '..\\..\\evil.txt', '/etc/passwd', '..', ''])(
    'named %j stay in their folder',
    async (name) => {
      await open();
      await chat.send({ files: [file('a', { name })] });
      const [path] = pathsIn((await prompt())?.text);
      const root = join(chat.folder, '.cc-connect', 'attachments');
      expect(path?.startsWith(`${root}/`)).toBe(true);
      expect(path?.slice(root.length + 1).split('/')).toHaveLength(2);
    },
  );

  it('of two chats with equal message ids stay apart', async () => {
    await open();
    const bob = { id: 'bob' };
    await chat.send({ message: '5', files: [file('a', { name: 'x.txt' })] });
    const first = pathsIn((await prompt())?.text)[0];
    await chat.send(
      {
        message: '5',
        dedupeKey: 'other chat',
        address: { ...chat.address(bob), chat: 'c2' },
        files: [file('b', { name: 'x.txt' })],
      },
      bob,
    );
    await until('the other agent', () => chat.agent.sessions.length === 2);
    const second = pathsIn((await prompt())?.text)[0];
    expect(second).not.toBe(first);
    expect(readFileSync(first ?? '', 'utf8')).toBe('xa');
  });

  it('that are too large or gone are told by name, and the rest goes to the agent', async () => {
    await open({ maxAttachmentBytes: 100 });
    await chat.send({ text: 'look', files: [file('big', { bytes: 200 }), file('gone'), file('ok')] });
    expect(pathsIn((await prompt())?.text)).toHaveLength(1);
    await until('both words', () => chat.platform.texts.length === 2);
    const words = chat.platform.texts.join('\n');
    expect(words).toContain('big.txt could not be fetched: the file is larger than 100 bytes');
    expect(words).toContain('gone.txt could not be fetched: the file has expired');
  });

  it('that cannot be stored are told, and the words go to the agent', async () => {
    await open();
    await writeFile(join(chat.folder, '.cc-connect'), 'in the way');
    await chat.send({ text: 'look', files: [file('a')] });
    expect((await prompt())?.text).toBe('look');
    await until('the word', () => chat.platform.last.includes('a.txt could not be fetched'));
  });

  it('that are pictures travel inside the prompt where the agent takes them', async () => {
    await open();
    chat.agent.capabilities = { ...fakeCapabilities, images: true };
    await chat.send({
      text: 'what is it?',
      files: [file('a', { kind: 'image', name: 'a.png', mime: 'image/png' })],
    });
    const made = await prompt();
    expect(made?.images).toHaveLength(1);
    expect(made?.images[0]?.mime).toBe('image/png');
    expect(existsSync(made?.images[0]?.path ?? '')).toBe(true);
  });

  it('that are pictures are named by path where it does not', async () => {
    await open();
    await chat.send({ files: [file('a', { kind: 'image', name: 'a.png', mime: 'image/png' })] });
    const made = await prompt();
    expect(made?.images).toEqual([]);
    expect(pathsIn(made?.text)).toHaveLength(1);
  });

  it('of a quoted message come along', async () => {
    await open();
    await chat.send({ text: 'and this?', quoted: { message: 'q1', files: [file('q')] } });
    expect(pathsIn((await prompt())?.text)).toHaveLength(1);
  });

  it('of an album are one turn, each in the folder of its message', async () => {
    await open();
    const group = { id: 'g', windowMs: 10 };
    await Promise.all([
      chat.send({ group, files: [file('a')] }),
      chat.send({ group, text: 'both', files: [file('b')] }),
    ]);
    const paths = pathsIn((await prompt())?.text);
    expect(paths).toHaveLength(2);
    expect(new Set(paths.map((path) => path.split('/').at(-2))).size).toBe(2);
  });
});

describe('staged files', () => {
  const staged = async (count: number) => {
    for (let at = 1; at <= count; at += 1) {
      await chat.send({ files: [file(`f${at}`, { bytes: 100 })] });
      await prompt(at);
      chat.agent.last?.reply(`answer ${at}`);
      await until('the end', () => chat.actor().turn === undefined && chat.platform.last === `answer ${at}`);
    }
    await until('the record', () => chat.queries.staged().length === count);
    return chat.queries.staged().map(({ folder }) => folder);
  };

  it('expire with age', async () => {
    await open({ stagingMaxAgeMs: 60_000, stagingQuotaBytes: 0 });
    const [folder] = await staged(1);
    expect(await expireStaged(chat.context, Date.now())).toBe(0);
    expect(await expireStaged(chat.context, Date.now() + 61_000)).toBe(1);
    expect(existsSync(folder ?? '')).toBe(false);
    expect(chat.queries.staged()).toEqual([]);
  });

  it('give way beyond the quota, oldest first', async () => {
    await open({ stagingMaxAgeMs: 0, stagingQuotaBytes: 250 });
    const folders = await staged(3);
    expect(await expireStaged(chat.context, Date.now())).toBe(1);
    expect(folders.map((folder) => existsSync(folder))).toEqual([false, true, true]);
  });
});

describe('files that go out', () => {
  const own = async (name: string, bytes = 10) => {
    const path = join(chat.folder, name);
    await writeFile(path, 'x'.repeat(bytes));
    return { kind: 'file' as const, path, name, mime: 'text/plain', size: bytes, uploaded: false };
  };
  const request = { project: 'demo', atUsers: [], atAll: false };

  it('are copied, so that the agent may delete its own at once', async () => {
    await open();
    await chat.turn('hello', 'hi');
    const report = await own('report.txt');
    await sendInto(chat.project, { ...request, files: [report] });
    await until('the file', () => chat.platform.shown.at(-1)?.part.kind === 'file');
    const sent = String(chat.platform.shown.at(-1)?.part.body.path);
    expect(sent).not.toBe(report.path);
    expect(sent.startsWith(outgoingFolder(chat.folder))).toBe(true);
    expect(readFileSync(sent, 'utf8')).toBe('x'.repeat(10));
  });

  it('are refused when sending is switched off; text is not', async () => {
    await open({ attachmentSend: false });
    await chat.turn('hello', 'hi');
    await expect(sendInto(chat.project, { ...request, files: [await own('a.txt')] })).rejects.toThrow(
      'attachment_send',
    );
    await sendInto(chat.project, { ...request, message: 'just words', files: [] });
    await until('the words', () => chat.platform.last === 'just words');
  });

  it('beyond the size limit are refused with both sizes', async () => {
    await open({ maxAttachmentBytes: 1_048_576 });
    await chat.turn('hello', 'hi');
    const big = { ...(await own('big.bin')), size: 2_097_152 };
    await expect(sendInto(chat.project, { ...request, files: [big] })).rejects.toThrow(
      'big.bin has 2.0 MiB; at most 1.0 are possible here',
    );
  });

  it('said as text during a turn are not said again by its answer', async () => {
    await open();
    await chat.running('report');
    await sendInto(chat.project, { ...request, message: 'All green.', files: [] });
    chat.agent.last?.reply('All green.');
    await until('the end', () => chat.queries.openTurns(chat.context.name).length === 0);
    expect(chat.platform.texts).toEqual(['All green.']);
  });

  it('leave no copy behind once they are there, but while they wait', async () => {
    await open();
    await chat.turn('hello', 'hi');
    chat.platform.broken = new AppError('away', 'no network', { kind: 'network' });
    await sendInto(chat.project, { ...request, files: [await own('a.txt')] });
    const later = Date.now() + 3_600_000;
    expect(await expireOutgoing(chat.context, later)).toBe(0);
    chat.platform.broken = undefined;
    chat.context.delivery.wake(chat.platform.account);
    await until('the file', () => chat.platform.shown.at(-1)?.part.kind === 'file');
    const sent = String(chat.platform.shown.at(-1)?.part.body.path);
    await until('the record', () => chat.queries.openFileParts().length === 0);
    expect(await expireOutgoing(chat.context, Date.now())).toBe(0);
    expect(existsSync(sent)).toBe(true);
    expect(await expireOutgoing(chat.context, later)).toBe(1);
    expect(existsSync(sent)).toBe(false);
  });

  it('have their forgotten copies removed at the next start', async () => {
    await open();
    const folder = join(outgoingFolder(chat.folder), 'forgotten');
    await mkdir(folder, { recursive: true });
    await utimes(folder, new Date(0), new Date(0));
    await chat.restart();
    await until('the removal', () => !existsSync(folder));
  });
});
