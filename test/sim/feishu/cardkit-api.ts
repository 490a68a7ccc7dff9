/** Card entities: create, stream, settings, full update. */
import { checkCard, elementsOf, isRecord } from './card-rules.ts';
import type { Call, Route } from './route.ts';
import { route } from './route.ts';
import type { Answers } from './sdk-types.ts';
import { Refusal, type SimCard } from './world.ts';

const cardLimit = 30 * 1024;
const streamLimitMs = 10 * 60_000;

function cardJson(data: unknown): Record<string, unknown> {
  if (typeof data !== 'string') throw new Refusal(200610, 'data must be a JSON string');
  if (Buffer.byteLength(data) > cardLimit) throw new Refusal(200860, 'card content is over the limit');
  let value: unknown;
  try {
    value = JSON.parse(data);
  } catch {
    throw new Refusal(200610, 'card body cannot be parsed');
  }
  checkCard(value);
  return value;
}

function advance(call: Call, card: SimCard): number {
  const sequence = call.body.sequence;
  if (typeof sequence !== 'number' || !Number.isInteger(sequence) || sequence < 0 || sequence > 0x7fffffff)
    throw new Refusal(99992402, 'field validation failed: sequence');
  if (sequence <= card.sequence) throw new Refusal(300317, 'sequence compare failed');
  card.sequence = sequence;
  return sequence;
}

const streams = (json: Record<string, unknown>): boolean =>
  isRecord(json.config) && json.config.streaming_mode === true;

/** The text of the streaming element, for the record of frames. */
export function textOf(json: Record<string, unknown>): string {
  return elementsOf(json)
    .filter((element) => element.tag === 'markdown')
    .map((element) => String(element.content))
    .join('\n');
}

export const cardkitRoutes: readonly Route[] = [
  route('POST', '/open-apis/cardkit/v1/cards', 'card.create', (call) => {
    if (call.body.type !== 'card_json') throw new Refusal(99992402, 'type must be card_json');
    const json = cardJson(call.body.data);
    const card: SimCard = { id: call.world.id('7'), json, sequence: 0, streaming: streams(json), frames: [] };
    card.frames.push({ at: Date.now(), text: textOf(json), sequence: 0 });
    call.world.cards.set(card.id, card);
    return { card_id: card.id } satisfies Answers['card.create'];
  }),
  route('POST', '/open-apis/cardkit/v1/cards/id_convert', 'card.convert', (call) => {
    const message = call.world.message(String(call.body.message_id));
    if (!message.cardId) throw new Refusal(300315, 'message has no card entity');
    return { card_id: message.cardId } satisfies Answers['card.convert'];
  }),
  route('PUT', '/open-apis/cardkit/v1/cards/:id', 'card.update', (call) => {
    const card = call.world.card(call.args[0] ?? '');
    const data = isRecord(call.body.card) ? call.body.card.data : undefined;
    const json = cardJson(data);
    const sequence = advance(call, card);
    card.json = json;
    card.frames.push({ at: Date.now(), text: textOf(json), sequence });
    return {};
  }),
  route('PATCH', '/open-apis/cardkit/v1/cards/:id/settings', 'card.settings', (call) => {
    const card = call.world.card(call.args[0] ?? '');
    const settings: unknown = JSON.parse(String(call.body.settings));
    if (!isRecord(settings) || !isRecord(settings.config)) throw new Refusal(99992402, 'settings.config');
    advance(call, card);
    card.json = { ...card.json, config: { ...(card.json.config as object), ...settings.config } };
    card.streaming = streams(card.json);
    return {};
  }),
  route('PUT', '/open-apis/cardkit/v1/cards/:id/elements/:element/content', 'card.content', (call) => {
    const card = call.world.card(call.args[0] ?? '');
    const content = call.body.content;
    if (typeof content !== 'string' || content === '') throw new Refusal(99992402, 'content is empty');
    if (content.length > 100_000) throw new Refusal(200860, 'content is over the limit');
    const first = card.frames[0];
    if (card.streaming && first && Date.now() - first.at > streamLimitMs) card.streaming = false;
    if (!card.streaming) throw new Refusal(300309, 'streaming mode is closed');
    const element = elementsOf(card.json).find((item) => item.element_id === call.args[1]);
    if (!element) throw new Refusal(300313, 'element does not exist');
    const before = element.content;
    element.content = content;
    try {
      checkCard(card.json);
      const sequence = advance(call, card);
      card.frames.push({ at: Date.now(), text: content, sequence });
    } catch (error) {
      element.content = before;
      throw error;
    }
    return {};
  }),
];
