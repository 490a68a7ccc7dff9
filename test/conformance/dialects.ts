/** Every way a document leaves this house, with what the service on the other side says to it. */
import type { Root } from 'mdast';
import type { Part } from '../../src/core/outgoing.ts';
import { renderPlain } from '../../src/kit/markdown/plain.ts';
import type { MarkdownStream } from '../../src/kit/markdown/stream.ts';
import { messageOf as discordMessage } from '../../src/platforms/discord/outbound.ts';
import * as discord from '../../src/platforms/discord/render.ts';
import { previewCard } from '../../src/platforms/feishu/preview-card.ts';
import * as feishu from '../../src/platforms/feishu/render.ts';
import { sectionsOf } from '../../src/platforms/slack/card.ts';
import * as slack from '../../src/platforms/slack/render.ts';
import * as telegram from '../../src/platforms/telegram/render.ts';
import * as weixin from '../../src/platforms/weixin/render.ts';
import { checkMessage as checkDiscord, type Wire } from '../sim/discord/validate.ts';
import { checkCard, checkPost, visibleText } from '../sim/feishu/card-rules.ts';
import { wrongBlocks } from '../sim/slack/blocks.ts';
import { formatted, nonEmpty, richText } from '../sim/telegram/validate.ts';
import { checkMessage as checkWeixin } from '../sim/weixin/validate.ts';

/** One message as its service would get it. */
export interface Wired {
  /** The words in it, as the adapter says. */
  readonly plain: string;
  /** All that goes over the wire, for looking at. */
  readonly wire: unknown;
  /** Has the service judge it; throws where it refuses. Returns the size in the unit its limits count. */
  check(): number;
}

export interface Dialect {
  readonly name: string;
  /** A second form of a platform's messages; looked at less often. */
  readonly second: boolean;
  /** A finished text as messages. */
  render(markdown: string): readonly Wired[];
  /** A document in pieces of at most `limit`; undefined: this form is never split by itself. */
  split?(root: Root, limit: number): readonly Wired[];
  /** The least limit that holds one character of anything. */
  readonly least: number;
  /** A running text as one message. */
  preview?(markdown: string, growing: MarkdownStream): Wired;
}

const footer = 'model · 3 s <&>';
const status = 'working on <it> & more';
const body = <T>(part: Part): T => part.body as unknown as T;

function telegramText(html: string, plain: string, rich?: string): Wired {
  return {
    plain,
    wire: { html, rich },
    check: () => {
      const { text } = nonEmpty(formatted(html, 'HTML', 4096, 'message is too long'));
      if (rich) richText({ html: rich });
      return text.length;
    },
  };
}

const telegramDialect = (rich: boolean): Dialect => ({
  name: rich ? 'telegram, rich messages' : 'telegram',
  second: rich,
  render: (markdown) =>
    telegram.renderParts({ kind: 'text', markdown, footer }, rich).map((part) => {
      const own = body<telegram.TextBody>(part);
      return telegramText(own.html, part.plain, own.rich);
    }),
  least: 12,
  ...(rich
    ? {}
    : {
        split: (root, limit) =>
          telegram.splitText(root, limit).map((piece) => telegramText(piece.html, '', piece.rich)),
        preview: (markdown, growing) => {
          const { html, plain } = telegram.renderPreview(markdown, status, growing);
          return telegramText(html, plain);
        },
      }),
});

const REQUEST_BYTES = 30 * 1024;

function feishuMessage(content: unknown, plain: string, cards: boolean): Wired {
  return {
    plain,
    wire: content,
    check: () => {
      if (cards) checkCard(content);
      else checkPost(content);
      if (/<at /.test(JSON.stringify((content as { body?: unknown }).body ?? content)))
        throw new Error('somebody is called');
      if (cards && visibleText(content as Record<string, unknown>).trim() === '')
        throw new Error('nothing to see');
      const size = Buffer.byteLength(JSON.stringify(JSON.stringify(content)));
      if (size > REQUEST_BYTES) throw new Error(`230025: ${size} bytes`);
      return size;
    },
  };
}

const feishuDialect = (cards: boolean): Dialect => ({
  name: cards ? 'feishu, cards' : 'feishu, posts',
  second: !cards,
  render: (markdown) =>
    feishu
      .render(
        { kind: 'text', markdown, footer },
        { cards, home: { sessionKey: 's', direct: true, project: 'p' } },
      )
      .map((part) => feishuMessage(body<{ content: unknown }>(part).content, part.plain, cards)),
  least: 60,
  split: (root, limit) =>
    feishu.splitText(root, limit, { tables: cards ? 5 : 0, post: !cards }).map(({ text, plain }) => {
      const content = cards
        ? { schema: '2.0', body: { elements: [{ tag: 'markdown', content: text }] } }
        : { zh_cn: { content: [[{ tag: 'md', text }]] } };
      const whole = feishuMessage(content, plain, cards);
      return {
        ...whole,
        check: () => {
          whole.check();
          return feishu.jsonBytes(text);
        },
      };
    }),
  ...(cards
    ? {
        preview: (markdown) => feishuMessage(previewCard({ markdown, status }, true), markdown, true),
      }
    : {}),
});

function slackMessage(message: { blocks: unknown; text: string }, plain: string, size: number): Wired {
  return {
    plain,
    wire: message,
    check: () => {
      const wrong = wrongBlocks(message.blocks);
      if (wrong) throw new Error(wrong);
      if (/<!(channel|here|everyone|subteam)/.test(JSON.stringify(message)))
        throw new Error('a whole channel is called');
      return size;
    },
  };
}

const slackDialect = (modern: boolean): Dialect => ({
  name: modern ? 'slack' : 'slack, sections',
  second: !modern,
  render: (markdown) =>
    slack.renderParts({ kind: 'text', markdown, footer }).map((part) => {
      const own = body<slack.TextBody>(part);
      return slackMessage(slack.messageOf(own, part.plain, modern), part.plain, own.markdown.length);
    }),
  least: 16,
  split: modern
    ? (root, limit) =>
        slack
          .splitText(root, limit)
          .map(({ text, plain }) =>
            slackMessage(slack.messageOf({ type: 'text', markdown: text }, plain, true), plain, text.length),
          )
    : (root, limit) =>
        sectionsOf(root, limit).map((block) => {
          const text = String((block.text as { text: string }).text);
          return slackMessage({ blocks: [block], text }, text, text.length);
        }),
  ...(modern
    ? {
        preview: (markdown, growing) => {
          const { body: own, plain } = slack.renderPreview(markdown, status, growing);
          const message = slack.messageOf(own, plain, true);
          const bytes = Buffer.byteLength(own.markdown);
          if (bytes > slack.UPDATE_BYTES) throw new Error(`msg_too_long: ${bytes} bytes`);
          return slackMessage(message, plain, bytes);
        },
      }
    : {}),
});

function discordText(own: discord.DiscordBody, plain: string): Wired {
  return {
    plain: own.document ? `${plain}\n${own.document.text}` : plain,
    wire: discordMessage(own),
    check: () => {
      checkDiscord(discordMessage(own) as Wire, own.document ? 1 : 0, false);
      return own.content.length;
    },
  };
}

const discordDialect = (longAfter?: number): Dialect => ({
  name: longAfter === undefined ? 'discord' : 'discord, long answers as files',
  second: longAfter !== undefined,
  render: (markdown) =>
    discord
      .renderParts({ kind: 'text', markdown, footer }, { longAfter })
      .map((part) => discordText(body<discord.DiscordBody>(part), part.plain)),
  least: 20,
  ...(longAfter === undefined
    ? {
        split: (root, limit) =>
          discord.splitText(root, limit).map(({ text, plain }) => discordText({ content: text }, plain)),
        preview: (markdown, growing) => {
          const content = discord.renderPreview(markdown, status, growing);
          return discordText({ content }, content);
        },
      }
    : {}),
});

function weixinText(text: string, plain = text): Wired {
  return {
    plain,
    wire: text,
    check: () => {
      checkWeixin({
        from_user_id: '',
        to_user_id: 'x',
        client_id: 'c',
        message_type: 2,
        message_state: 2,
        item_list: [{ type: 1, text_item: { text } }],
      });
      return weixin.codePoints(text);
    },
  };
}

const weixinDialect: Dialect = {
  name: 'weixin',
  second: false,
  render: (markdown) =>
    weixin
      .renderParts({ kind: 'text', markdown, footer })
      .map((part) => weixinText(body<weixin.TextBody>(part).text, part.plain)),
  least: 12,
  split: (root, limit) => weixin.splitText(root, limit).map((text) => weixinText(text)),
};

export const dialects: readonly Dialect[] = [
  telegramDialect(false),
  telegramDialect(true),
  feishuDialect(true),
  feishuDialect(false),
  slackDialect(true),
  slackDialect(false),
  discordDialect(),
  discordDialect(2),
  weixinDialect,
];

/** Half of a pair: a stream may end there, a message of ours must not. */
const halfCharacter = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;

/** Has the service judge messages, none of them over the limit; throws what is wrong with one. */
export function accept(messages: readonly Wired[], source: string, limit = Number.POSITIVE_INFINITY): void {
  const whole = !halfCharacter.test(source) && !/[\0\ufffd]/.test(source);
  for (const message of messages) {
    const size = message.check();
    if (size > limit) throw new Error(`${size} where ${limit} are allowed`);
    const wire = JSON.stringify(message.wire);
    if (/\\ud[89a-f]/.test(wire) || (whole && wire.includes('\ufffd'))) throw new Error('half a character');
  }
}

/** What a reader must find: the visible letters and digits of a document, in order. */
export function letters(root: Root): string {
  return renderPlain(root).replace(/[^\p{L}\p{N}]/gu, '');
}
