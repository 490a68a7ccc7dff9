import type { Address } from '../../core/address.ts';
import type { AccountId } from '../../core/ids.ts';
import type { Inbound, Sender } from '../../core/inbound.ts';
import { extraOf, filesOf, forwardedOf, nameOf, quotedOf } from './content.ts';
import type { DiscordOptions } from './options.ts';
import { list, type Places, record, word } from './places.ts';

type Wire = Readonly<Record<string, unknown>>;

/** What reading an event needs to know. */
export interface InboundContext {
  readonly account: AccountId;
  readonly options: DiscordOptions;
  readonly places: Places;
}

export type Reading =
  | { readonly kind: 'input'; readonly input: Inbound }
  | { readonly kind: 'ignored'; readonly why: string };

const ignored = (why: string): Reading => ({ kind: 'ignored', why });
/** Ordinary messages, replies and those that begin a thread in a forum. */
const SPOKEN: ReadonlySet<number> = new Set([0, 19]);
const EPOCH = 1_420_070_400_000n;

/** Reads a message event or a message from the history. Pure. Throws `TypeError` for what the service never sends. */
export function readMessage(message: Wire, context: InboundContext): Reading {
  const refused = whyNot(message, context);
  if (refused) return ignored(refused);
  const { id, address } = placeOf(message, context);
  const text = stripMentions(word(message.content) ?? '', message, context);
  const files = [...filesOf(message), ...forwardedOf(message).flatMap(filesOf)];
  const extra = extraOf(message);
  const quoted = quotedOf(message, context.options.botId);
  if (text === '' && files.length === 0 && extra === undefined && !quoted) return ignored('nothing in it');
  return {
    kind: 'input',
    input: {
      kind: 'message',
      dedupeKey: `m:${id}`,
      address: { ...address, replyTo: id },
      sender: senderOf(message),
      at: timeOf(id),
      message: id,
      text,
      addressed: true,
      ...(quoted ? { quoted } : {}),
      ...(files.length > 0 ? { files } : {}),
      ...(extra === undefined ? {} : { extra }),
    },
  };
}

/** Reads `MESSAGE_UPDATE`. Discord also sends it when only a link preview was added. */
export function readEdit(message: Wire, context: InboundContext): Reading {
  const edited = word(message.edited_timestamp);
  if (edited === undefined) return ignored('nothing was edited');
  const refused = whyNot(message, context);
  if (refused) return ignored(refused);
  const { id, address } = placeOf(message, context);
  const text = stripMentions(word(message.content) ?? '', message, context);
  if (text === '') return ignored('edit without text');
  return {
    kind: 'input',
    input: {
      kind: 'edit',
      dedupeKey: `e:${id}:${edited}`,
      address: { ...address, replyTo: id },
      sender: senderOf(message),
      at: Date.parse(edited) || 0,
      message: id,
      text,
    },
  };
}

/** Reads `MESSAGE_DELETE`, which does not tell whose message it was. */
export function readRecall(event: Wire, context: InboundContext): Reading {
  const id = requireId('id', event.id);
  const chat = requireId('channel_id', event.channel_id);
  return {
    kind: 'input',
    input: {
      kind: 'recall',
      dedupeKey: `d:${id}`,
      address: { account: context.account, chat, direct: word(event.guild_id) === undefined },
      sender: { id: '' },
      at: 0,
      message: id,
    },
  };
}

/** Why a message is not for us; undefined when it is. */
function whyNot(message: Wire, context: InboundContext): string | undefined {
  const author = record(message.author);
  const user = requireId('author.id', author.id);
  if (user === context.options.botId) return 'own message';
  if (message.webhook_id !== undefined && message.webhook_id !== null) return 'webhook';
  if (author.bot === true || author.system === true) return 'another bot';
  if (!SPOKEN.has(Number(message.type ?? 0))) return 'service message';
  return isAddressed(message, context) ? undefined : 'not addressed';
}

function isAddressed(message: Wire, context: InboundContext): boolean {
  const { options, places } = context;
  const guild = word(message.guild_id);
  if (guild === undefined) return true;
  if (options.groupReplyAll || options.groupReplyAllGuilds.has(guild)) return true;
  if (list(message.mentions).some((user) => record(user).id === options.botId)) return true;
  if (list(message.mention_roles).some((role) => typeof role === 'string' && places.roles.has(role)))
    return true;
  if (message.mention_everyone === true && options.respondToEveryone) return true;
  if (record(record(message.referenced_message).author).id === options.botId) return true;
  const channel = word(message.channel_id) ?? '';
  return options.threadIsolation && places.isOwnThread(channel);
}

function placeOf(message: Wire, context: InboundContext): { id: string; address: Address } {
  const id = requireId('id', message.id);
  const channel = requireId('channel_id', message.channel_id);
  const user = requireId('author.id', record(message.author).id);
  return { id, address: addressOf({ channel, user, guild: word(message.guild_id), root: id }, context) };
}

/**
 * Where an answer goes. A thread begun from a message has that message's id, so with isolation the place is known
 * before the thread is there; it is opened at the first answer.
 */
export function addressOf(
  from: {
    readonly channel: string;
    readonly user: string;
    readonly guild: string | undefined;
    /** A message a thread may be begun from. */
    readonly root?: string;
  },
  context: InboundContext,
): Address {
  const { account, options, places } = context;
  const { channel, user, guild, root } = from;
  if (guild === undefined) return { account, chat: channel, direct: true, user };
  const parent = places.get(channel)?.parent;
  const base = { account, direct: false, user };
  if (!options.threadIsolation) return { ...base, chat: channel, ...(parent ? { extra: { parent } } : {}) };
  if (parent !== undefined) return { ...base, chat: channel, thread: channel, extra: { parent } };
  if (root === undefined) return { ...base, chat: channel };
  return { ...base, chat: root, thread: root, extra: { parent: channel, root } };
}

/** The bot's own mention goes, other people are named. */
function stripMentions(content: string, message: Wire, context: InboundContext): string {
  const names = new Map<string, string>();
  for (const entry of list(message.mentions)) {
    const user = record(entry);
    const name = nameOf(user, record(user.member));
    if (word(user.id) !== undefined && name) names.set(word(user.id) ?? '', name);
  }
  return content
    .replace(/<@!?(\d+)> ?/g, (whole, id: string) => {
      if (id === context.options.botId) return '';
      const name = names.get(id);
      return name === undefined ? whole : `@${name}${whole.endsWith(' ') ? ' ' : ''}`;
    })
    .replace(/<@&(\d+)> ?/g, (whole, id: string) => (context.places.roles.has(id) ? '' : whole))
    .trim();
}

export function senderOf(message: Wire): Sender {
  return personOf(record(message.author), record(message.member));
}

export function personOf(user: Wire, member: Wire, language?: string): Sender {
  const id = requireId('user.id', user.id);
  const name = nameOf(user, member);
  const username = word(user.username);
  return {
    id,
    ...(name ? { name } : {}),
    ...(username ? { username } : {}),
    ...(user.bot === true ? { bot: true } : {}),
    ...(language ? { language } : {}),
  };
}

/** ms since the epoch, from the id itself. */
export function timeOf(id: string): number {
  return Number((BigInt(id) >> 22n) + EPOCH);
}

export function requireId(what: string, value: unknown): string {
  if (typeof value === 'string' && /^\d{1,20}$/.test(value)) return value;
  throw new TypeError(`${what} is not an id`);
}
