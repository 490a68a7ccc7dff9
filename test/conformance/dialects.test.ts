import { describe, expect, test } from 'vitest';
import type { Part } from '../../src/core/outgoing.ts';
import { messageOf as discordMessage } from '../../src/platforms/discord/outbound.ts';
import { type DiscordBody, renderParts as toDiscord } from '../../src/platforms/discord/render.ts';
import { render as toFeishu } from '../../src/platforms/feishu/render.ts';
import { messageOf as slackMessage, renderParts as toSlack } from '../../src/platforms/slack/render.ts';
import { renderParts as toTelegram } from '../../src/platforms/telegram/render.ts';
import { renderParts as toWeixin } from '../../src/platforms/weixin/render.ts';
import { generatedDocuments, unfinished } from '../kit/markdown/documents.ts';
import { cutAnywhere, goldenDocuments } from '../kit/markdown/golden.ts';
import { checkMessage as checkDiscord, type Wire } from '../sim/discord/validate.ts';
import { checkCard, visibleText } from '../sim/feishu/card-rules.ts';
import { wrongBlocks } from '../sim/slack/blocks.ts';
import { formatted, richText } from '../sim/telegram/validate.ts';
import { checkMessage as checkWeixin } from '../sim/weixin/validate.ts';

/** One dialect: how a text is rendered, and what its service says to a part; it throws where it refuses. */
interface Dialect {
  readonly name: string;
  render(markdown: string): readonly Part[];
  accept(part: Part): void;
}

const body = <T>(part: Part): T => part.body as unknown as T;
/** Half of a pair: a stream may end there, a message of ours must not. */
const halfCharacter = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;
const footer = 'model · 3 s <&>';

const dialects: readonly Dialect[] = [
  ...[false, true].map(
    (rich): Dialect => ({
      name: rich ? 'telegram, rich messages' : 'telegram',
      render: (markdown) => toTelegram({ kind: 'text', markdown, footer }, rich),
      accept(part) {
        const { html, rich: form } = body<{ html: string; rich?: string }>(part);
        const { text } = formatted(html, 'HTML', 4096, 'message is too long');
        if (text.trim() === '') throw new Error('message text is empty');
        if (form) richText({ html: form });
      },
    }),
  ),
  ...[true, false].map(
    (cards): Dialect => ({
      name: cards ? 'feishu, cards' : 'feishu, posts',
      render: (markdown) =>
        toFeishu({ kind: 'text', markdown, footer }, { cards, home: { session: 's', chat: 'c' } as never }),
      accept(part) {
        const { content } = body<{ content: unknown }>(part);
        if (cards) checkCard(content);
        if (cards) visibleText(content as Record<string, unknown>);
        if (Buffer.byteLength(JSON.stringify(JSON.stringify(content))) > 30_000)
          throw new Error('230025: too long');
      },
    }),
  ),
  ...[true, false].map(
    (modern): Dialect => ({
      name: modern ? 'slack' : 'slack, sections',
      render: (markdown) => toSlack({ kind: 'text', markdown, footer }),
      accept(part) {
        const wrong = wrongBlocks(slackMessage(body(part), part.plain, modern).blocks);
        if (wrong) throw new Error(wrong);
      },
    }),
  ),
  ...[undefined, 2].map(
    (longAfter): Dialect => ({
      name: longAfter === undefined ? 'discord' : 'discord, long answers as files',
      render: (markdown) => toDiscord({ kind: 'text', markdown, footer }, { longAfter }),
      accept(part) {
        const own = body<DiscordBody>(part);
        checkDiscord(discordMessage(own) as Wire, own.document ? 1 : 0, false);
      },
    }),
  ),
  {
    name: 'weixin',
    render: (markdown) => toWeixin({ kind: 'text', markdown, footer }),
    accept(part) {
      checkWeixin({
        from_user_id: '',
        to_user_id: 'x',
        client_id: 'c',
        message_type: 2,
        message_state: 2,
        item_list: [{ type: 1, text_item: { text: body<{ text: string }>(part).text } }],
      });
    },
  },
];

function accepted({ render, accept }: Dialect, markdown: string): readonly Part[] {
  const parts = render(markdown);
  if (parts.length === 0) throw new Error('nothing was rendered');
  for (const part of parts) {
    accept(part);
    if (!halfCharacter.test(markdown) && JSON.stringify(part.body).includes('\ufffd'))
      throw new Error('half a character');
  }
  return parts;
}

describe.each(dialects)('$name', (dialect) => {
  test.each(goldenDocuments)(
    'says what stands in $name, in messages the service takes',
    ({ markdown, words }) => {
      const parts = accepted(dialect, markdown);
      const document = parts.map((part) => body<DiscordBody>(part).document?.text ?? '').join('');
      const said = [...parts.map(({ plain }) => plain), document].join('\n');
      let at = 0;
      for (const word of words) {
        const found = said.indexOf(word, at);
        expect(found, word).toBeGreaterThanOrEqual(0);
        at = document === '' ? found : 0;
      }
    },
  );

  test.each(goldenDocuments)('makes messages the service takes of $name cut off anywhere', ({ markdown }) => {
    // EVERY_CUT=1: behind every character, which takes minutes.
    const step = process.env.EVERY_CUT ? 1 : Math.max(1, Math.floor(markdown.length / 150));
    for (const cut of cutAnywhere(markdown, step)) {
      try {
        accepted(dialect, cut);
      } catch (error) {
        throw new Error(`cut after ${cut.length}: …${JSON.stringify(cut.slice(-60))}`, { cause: error });
      }
    }
  });

  test('makes messages the service takes of generated documents, whole and cut off', () => {
    for (const document of generatedDocuments(12, 500))
      for (const source of [document.markdown, ...unfinished(document, 4)])
        try {
          accepted(dialect, source);
        } catch (error) {
          throw new Error(`seed ${document.seed}, ${source.length} characters`, { cause: error });
        }
  });
});
