import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ProjectSettings } from '../../src/engine/settings.ts';
import { Harness, until } from '../engine-harness/harness.ts';

const png = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGNgYGBgAAAABQABh6FO1AAAAABJRU5ErkJggg==',
  'base64',
);

let chat: Harness;
let outside: string;
beforeEach(() => {
  outside = mkdtempSync(join(tmpdir(), 'cc-outside-'));
});
afterEach(async () => {
  await chat.close();
  rmSync(outside, { recursive: true, force: true });
});

const open = async (settings: Partial<ProjectSettings> = {}) => {
  chat = await Harness.open({ settings });
  mkdirSync(join(chat.folder, 'out put'));
  writeFileSync(join(chat.folder, 'chart.png'), png);
  writeFileSync(join(chat.folder, 'out put', 'b.png'), png);
  writeFileSync(join(outside, 'secret.png'), png);
};
const answered = async (text: string) => {
  await chat.turn('draw it', text);
  await until('everything out', () => chat.context.delivery.waiting() === 0);
};
const files = () =>
  chat.platform.shown.filter(({ part }) => part.kind === 'file').map(({ part }) => String(part.body.path));
const names = () => files().map((path) => path.split('/').at(-1));

describe('pictures of an answer', () => {
  it('are sent below it, each once, as copies that outlive what the agent does to its files', async () => {
    await open();
    const absolute = join(chat.folder, 'chart.png');
    await answered(`Look: ![chart](chart.png) ![again](${absolute}) ![b](out%20put/b.png)`);
    expect(names()).toEqual(['chart.png', 'b.png']);
    expect(chat.platform.shown.map(({ part }) => part.kind)).toEqual(['text', 'file', 'file']);
    rmSync(absolute);
    for (const path of files()) {
      expect(existsSync(path)).toBe(true);
      expect(path.startsWith(join(chat.folder, 'outgoing'))).toBe(true);
      expect(readFileSync(path).equals(png)).toBe(true);
    }
  });

  it('are those of the work directory only, whatever leads out of it', async () => {
    await open();
    symlinkSync(join(outside, 'secret.png'), join(chat.folder, 'link.png'));
    const out = join(outside, 'secret.png');
    await answered(
      `![a](${out}) ![b](link.png) ![c](../${out.split('/').slice(-2).join('/')}) ![d](file://${out})`,
    );
    expect(files()).toEqual([]);
  });

  it('are pictures: links to the web, texts with such a name, folders and what is not there stay links', async () => {
    await open();
    writeFileSync(join(chat.folder, 'env.png'), 'TOKEN=1');
    mkdirSync(join(chat.folder, 'dir.png'));
    await answered(
      '![a](https://example.org/chart.png) ![b](env.png) ![c](dir.png) ![d](none.png) [e](chart.png) `![f](chart.png)`',
    );
    expect(files()).toEqual([]);
  });

  it('are not sent again when the agent has sent them by itself', async () => {
    await open();
    await chat.running('draw it');
    chat.actor().turn?.sentFiles.push('chart.png');
    chat.agent.last?.reply('![chart](chart.png) ![b](out%20put/b.png)');
    await until('the pictures', () => files().length > 0 && chat.context.delivery.waiting() === 0);
    expect(names()).toEqual(['b.png']);
  });

  it('are not sent when they are too large', async () => {
    await open({ maxAttachmentBytes: png.length - 1 });
    await answered('![chart](chart.png)');
    expect(files()).toEqual([]);
  });

  it('are not sent where the agent may send no files', async () => {
    await open({ attachmentSend: false });
    await answered('![chart](chart.png)');
    expect(files()).toEqual([]);
  });
});
