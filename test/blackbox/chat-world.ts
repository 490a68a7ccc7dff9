import type { User } from '@grammyjs/types';
import { DiscordSim } from '../sim/discord/sim.ts';
import { FeishuSim } from '../sim/feishu/sim.ts';
import { SlackSim } from '../sim/slack/sim.ts';
import { TelegramSim } from '../sim/telegram/simulator.ts';
import { WeixinSim } from '../sim/weixin/simulator.ts';

/** One bot message as a person sees it. */
export interface Seen {
  readonly id: string;
  readonly text: string;
  readonly buttons: readonly string[];
  readonly file?: string;
}

/** A direct chat with one person on a simulated platform, the same for every platform. */
export interface ChatWorld {
  readonly platform: string;
  /** `[[projects.platforms]]` for the config. */
  config(options?: string): string;
  sessionKey: string;
  send(text: string, how?: { replyTo?: string }): string;
  sendFile(name: string, bytes: Buffer, text?: string): string;
  sendImage(bytes: Buffer): string;
  recall?(message: string): void;
  edit?(message: string, text: string): void;
  seen(): readonly Seen[];
  press(message: string, label: string): Promise<string | undefined>;
  close(): Promise<void>;
}

export async function telegramWorld(): Promise<ChatWorld> {
  const sim = await TelegramSim.start();
  const chat = 501;
  const user: User = sim.addPrivateChat({ id: chat, name: 'Ada' });
  return {
    platform: 'telegram',
    config: (options = 'allow_from = "*"') =>
      `[[projects.platforms]]\ntype = "telegram"\n[projects.platforms.options]\ntoken = "${sim.token}"\napi_base = "${sim.url}"\n${options}\n`,
    sessionKey: `telegram:${chat}:${chat}`,
    send: (text, how) =>
      String(
        sim.userSends(user, chat, { text, replyTo: how?.replyTo ? Number(how.replyTo) : undefined }).message,
      ),
    sendFile(name, bytes, text) {
      const file = sim.addFile(name, bytes, 'text/plain');
      const document = {
        file_id: file.id,
        file_unique_id: `u${file.id}`,
        file_name: name,
        mime_type: 'text/plain',
        file_size: bytes.length,
      };
      return String(sim.userSends(user, chat, { extra: { document, caption: text } }).message);
    },
    sendImage(bytes) {
      const file = sim.addFile('photo.png', bytes, 'image/png');
      const photo = [
        { file_id: file.id, file_unique_id: `u${file.id}`, width: 10, height: 10, file_size: bytes.length },
      ];
      return String(sim.userSends(user, chat, { extra: { photo } }).message);
    },
    edit: (message, text) => sim.userEdits(user, chat, Number(message), text),
    seen: () =>
      sim.botMessages(chat).map((message) => ({
        id: String(message.id),
        text: message.text ?? '',
        buttons: message.markup?.inline_keyboard.flat().map((button) => button.text) ?? [],
        file: message.file?.file.name,
      })),
    press: (message, label) => sim.press(user, chat, Number(message), label),
    close: () => sim.close(),
  };
}

export async function feishuWorld(): Promise<ChatWorld & { readonly sim: FeishuSim }> {
  const sim = await new FeishuSim().start();
  const chat = sim.directChat();
  return {
    sim,
    platform: 'feishu',
    config: (options = 'allow_from = "*"') =>
      `[[projects.platforms]]\ntype = "feishu"\n[projects.platforms.options]\napp_id = "${sim.appId}"\napp_secret = "${sim.appSecret}"\ndomain = "${sim.url}"\n${options}\n`,
    sessionKey: `feishu:${chat}:${sim.ann}`,
    send: (text, how) => sim.userSends({ text, replyTo: how?.replyTo }).id,
    sendFile(name, bytes) {
      const key = sim.file('file', name, bytes);
      return sim.userSends({ type: 'file', content: { file_key: key, file_name: name } }).id;
    },
    sendImage(bytes) {
      const key = sim.file('image', 'photo.png', bytes);
      return sim.userSends({ type: 'image', content: { image_key: key } }).id;
    },
    recall: (message) => sim.recall(message),
    seen: () =>
      sim.messages(chat).map(({ id, text, buttons, file }) => ({ id, text, buttons, file: file?.name })),
    press: async (message, label) => (await sim.press(message, label)).toast,
    close: () => sim.close(),
  };
}

export async function slackWorld(): Promise<ChatWorld> {
  const sim = await new SlackSim().start();
  const chat = sim.channel('im');
  return {
    platform: 'slack',
    config: (options = 'allow_from = "*"') =>
      `[[projects.platforms]]\ntype = "slack"\n[projects.platforms.options]\nbot_token = "${sim.botToken}"\napp_token = "${sim.appToken}"\napi_url = "${sim.url}/api"\n${options}\n`,
    sessionKey: `slack:${chat}:${sim.ann}`,
    send: (text) => sim.says(chat, text).ts,
    sendFile: (name, bytes, text = '') =>
      sim.says(chat, text, { files: [sim.addFile(name, bytes, 'text/plain', sim.ann)] }).ts,
    sendImage: (bytes) =>
      sim.says(chat, '', { files: [sim.addFile('photo.png', bytes, 'image/png', sim.ann)] }).ts,
    edit: (message, text) => sim.edits(chat, message, text),
    recall: (message) => sim.recalls(chat, message),
    seen: () =>
      sim.botMessages(chat).map(({ id, text, buttons, file }) => ({ id, text, buttons, file: file?.name })),
    press: (message, label) => sim.press(chat, message, label),
    close: () => sim.close(),
  };
}

export async function discordWorld(): Promise<ChatWorld & { readonly sim: DiscordSim }> {
  const sim = await new DiscordSim().start();
  sim.gateway.holdEarly = true;
  const channel = sim.channel({ type: 1, name: 'dm' });
  const ada = sim.user('410000000000000501', 'Ada');
  const attach = (name: string, bytes: Buffer, type: string, text = '') =>
    sim.says(channel, ada, text, { attachments: [sim.attachment(name, bytes, type)] }).id;
  return {
    sim,
    platform: 'discord',
    config: (options = 'allow_from = "*"') =>
      `[[projects.platforms]]\ntype = "discord"\n[projects.platforms.options]\ntoken = "${sim.token}"\napi_url = "${sim.url}"\n${options}\n`,
    sessionKey: `discord:${channel.id}:${ada.id}`,
    send: (text, how) =>
      sim.says(channel, ada, text, how?.replyTo ? sim.replying(channel, how.replyTo) : {}).id,
    sendFile: (name, bytes, text) => attach(name, bytes, 'text/plain; charset=utf-8', text),
    sendImage: (bytes) => attach('photo.png', bytes, 'image/png'),
    recall: (message) => sim.deletes(sim.find(channel.id, message)),
    edit: (message, text) => sim.edits(sim.find(channel.id, message), text),
    seen: () =>
      sim.botMessages(channel.id).map((message) => {
        const [file] = message.attachments;
        return { id: message.id, ...sim.seen(message), file: file ? String(file.filename) : undefined };
      }),
    press: (message, label) => sim.press(channel, ada, message, label),
    close: () => sim.close(),
  };
}

/** Without buttons: a card lists its choices by number, and pressing is answering with one. */
export async function weixinWorld(): Promise<ChatWorld & { readonly sim: WeixinSim }> {
  const sim = await WeixinSim.start({ holdMs: 5000 });
  const person = 'ada@im.wechat';
  const seen = () =>
    sim.messages.map(({ id, text, file }) => ({
      id,
      text,
      buttons: [...text.matchAll(/^\d+ {2}(.+)$/gm)].map((match) => match[1] ?? ''),
      file: file?.name,
    }));
  const sendMedia = (bytes: Buffer, item: (media: object) => Record<string, unknown>) => {
    const { param, key } = sim.media.encryptAndStore(bytes);
    return sim.personSends(person, [
      item({ encrypt_query_param: param, aes_key: key.toString('base64'), encrypt_type: 1 }),
    ]);
  };
  return {
    sim,
    platform: 'weixin',
    config: (options = 'allow_from = "*"') =>
      `[[projects.platforms]]\ntype = "weixin"\n[projects.platforms.options]\ntoken = "${sim.token}"\nbase_url = "${sim.url}"\ncdn_base_url = "${sim.cdnUrl}"\n${options}\n`,
    sessionKey: `weixin:dm:${person}`,
    send: (text) => sim.personSends(person, text),
    sendFile: (name, bytes) =>
      sendMedia(bytes, (media) => ({
        type: 4,
        file_item: { media, file_name: name, len: String(bytes.length) },
      })),
    sendImage: (bytes) => sendMedia(bytes, (media) => ({ type: 2, image_item: { media } })),
    seen,
    press: async (message, label) => {
      const at =
        seen()
          .find(({ id }) => id === message)
          ?.buttons.indexOf(label) ?? -1;
      if (at < 0) throw new Error(`no choice "${label}"`);
      sim.personSends(person, String(at + 1));
      return undefined;
    },
    close: () => sim.close(),
  };
}
