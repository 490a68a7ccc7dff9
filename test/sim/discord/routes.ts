import type { Call, DiscordSim, SimChannel, SimInteraction, SimMessage } from './sim.ts';
import { checkCommands, checkMessage, checkModal, Refusal, type Wire } from './validate.ts';

type Handler = (sim: DiscordSim, call: Call, parts: string[]) => unknown;

const table: readonly (readonly [string, RegExp, Handler])[] = [
  [
    'GET',
    /^\/gateway\/bot$/,
    (sim) => ({
      url: sim.gatewayUrl,
      shards: 1,
      session_start_limit: { total: 1000, remaining: sim.startsLeft, reset_after: 300, max_concurrency: 1 },
    }),
  ],
  ['GET', /^\/users\/@me$/, (sim) => ({ ...sim.user(sim.botId, 'Bot'), bot: true })],
  ['GET', /^\/applications\/@me$/, (sim) => ({ id: sim.botId, flags: sim.applicationFlags })],
  ['GET', /^\/users\/@me\/guilds$/, (sim) => [{ id: sim.guild, name: 'Guild' }]],
  [
    'GET',
    /^\/guilds\/(\d+)\/roles$/,
    (sim, _call, [id]) => {
      if (id !== sim.guild) throw new Refusal(404, 10004, 'Unknown Guild');
      return sim.roles();
    },
  ],
  ['GET', /^\/channels\/(\d+)$/, (sim, _call, [id]) => sim.channelWire(channelOf(sim, id))],
  ['POST', /^\/channels\/(\d+)\/messages$/, post],
  ['GET', /^\/channels\/(\d+)\/messages$/, history],
  [
    'GET',
    /^\/channels\/(\d+)\/messages\/(\d+)$/,
    (sim, _call, [channel, id]) => sim.wire(sim.find(channel ?? '', id ?? ''), true),
  ],
  ['PATCH', /^\/channels\/(\d+)\/messages\/(\d+)$/, edit],
  ['DELETE', /^\/channels\/(\d+)\/messages\/(\d+)$/, remove],
  [
    'POST',
    /^\/channels\/(\d+)\/typing$/,
    (sim, _call, [id]) => {
      channelOf(sim, id);
      sim.typing++;
    },
  ],
  [
    'PUT',
    /^\/channels\/(\d+)\/messages\/(\d+)\/reactions\/([^/]+)\/@me$/,
    (sim, _call, [channel, id, emoji]) => {
      const { reactions } = sim.find(channel ?? '', id ?? '');
      const name = decodeURIComponent(emoji ?? '');
      if (!reactions.includes(name)) reactions.push(name);
    },
  ],
  [
    'DELETE',
    /^\/channels\/(\d+)\/messages\/(\d+)\/reactions\/([^/]+)\/@me$/,
    (sim, _call, [channel, id, emoji]) => {
      const message = sim.find(channel ?? '', id ?? '');
      message.reactions = message.reactions.filter((one) => one !== decodeURIComponent(emoji ?? ''));
    },
  ],
  ['POST', /^\/channels\/(\d+)\/messages\/(\d+)\/threads$/, threadFrom],
  [
    'POST',
    /^\/channels\/(\d+)\/threads$/,
    (sim, call, [id]) => {
      const parent = channelOf(sim, id);
      return sim.channelWire(makeThread(sim, parent, sim.id(), call.body));
    },
  ],
  ['PUT', /^\/applications\/(\d+)((?:\/guilds\/\d+)?)\/commands$/, publish],
  ['POST', /^\/interactions\/(\d+)\/([^/]+)\/callback$/, acknowledge],
  ['POST', /^\/webhooks\/(\d+)\/([^/]+)$/, followUp],
  ['PATCH', /^\/webhooks\/(\d+)\/([^/]+)\/messages\/@original$/, editOriginal],
  ['DELETE', /^\/webhooks\/(\d+)\/([^/]+)\/messages\/([^/]+)$/, removeFollowUp],
];

/** Answers one call as the service would; throws `Refusal`. */
export function routes(sim: DiscordSim, call: Call): unknown {
  const own = /^\/(interactions|webhooks)\//.test(call.path);
  if (!own && !call.authorized) throw new Refusal(401, 0, '401: Unauthorized');
  for (const [method, pattern, handler] of table) {
    const match = pattern.exec(call.path);
    if (method === call.method && match) return handler(sim, call, match.slice(1));
  }
  throw new Refusal(404, 0, '404: Not Found');
}

function channelOf(sim: DiscordSim, id: string | undefined): SimChannel {
  const channel = sim.channels.get(id ?? '');
  if (!channel) throw new Refusal(404, 10003, 'Unknown Channel');
  return channel;
}

function post(sim: DiscordSim, call: Call, [id]: string[]): unknown {
  const channel = channelOf(sim, id);
  const { body } = call;
  checkMessage(body, call.files.length, false);
  if (call.files.some(({ bytes }) => bytes.length > sim.uploadLimit))
    throw new Refusal(413, 40005, 'Request entity too large');
  const earlier = channel.messages.find(
    ({ nonce, author }) => nonce !== undefined && nonce === body.nonce && author.id === sim.botId,
  );
  if (earlier && body.enforce_nonce === true) return sim.wire(earlier);
  const {
    message_reference: reference,
    nonce,
    content,
    embeds,
    components,
    allowed_mentions: allowed,
    flags,
  } = body;
  const quoted = (reference as Wire | undefined)?.message_id;
  const known = quoted === undefined || channel.messages.some((message) => message.id === quoted);
  if (!known && (reference as Wire).fail_if_not_exists !== false)
    throw new Refusal(400, 50035, 'Unknown message');
  const message = sim.store(
    channel,
    { ...sim.user(sim.botId, 'Bot'), bot: true },
    {
      content,
      embeds,
      components,
      nonce,
      flags,
      allowed_mentions: allowed,
      ...(quoted !== undefined && known ? { message_reference: reference } : {}),
      attachments: call.files.map(({ name, bytes }) => ({
        id: sim.id(),
        filename: name,
        size: bytes.length,
      })),
    },
  );
  sim.gateway.dispatch('MESSAGE_CREATE', sim.wire(message));
  return sim.wire(message);
}

function history(sim: DiscordSim, call: Call, [id]: string[]): unknown {
  const after = BigInt(call.query.get('after') ?? '0');
  const limit = Number(call.query.get('limit') ?? 50);
  if (limit < 1 || limit > 100) throw new Refusal(400, 50035, 'limit');
  const found = channelOf(sim, id).messages.filter((message) => BigInt(message.id) > after);
  // The oldest of those after the id, but newest first, as the service does.
  return found
    .slice(0, limit)
    .reverse()
    .map((message) => sim.wire(message, true));
}

function edit(sim: DiscordSim, call: Call, [channel, id]: string[]): unknown {
  const message = sim.find(channel ?? '', id ?? '');
  if (message.author.id !== sim.botId)
    throw new Refusal(403, 50005, 'Cannot edit a message authored by another user');
  checkMessage(call.body, message.attachments.length, true);
  apply(message, call.body);
  sim.gateway.dispatch('MESSAGE_UPDATE', sim.wire(message));
  return sim.wire(message);
}

function apply(message: SimMessage, body: Wire): void {
  if (body.content !== undefined) message.content = String(body.content);
  if (body.embeds !== undefined) message.embeds = body.embeds as Wire[];
  if (body.flags !== undefined) message.extra.flags = body.flags;
  if (body.components !== undefined) message.components = body.components as Wire[];
  message.edited_timestamp = new Date().toISOString();
}

function remove(sim: DiscordSim, _call: Call, [channel, id]: string[]): void {
  sim.deletes(sim.find(channel ?? '', id ?? ''));
}

function threadFrom(sim: DiscordSim, call: Call, [channelId, id]: string[]): unknown {
  const parent = channelOf(sim, channelId);
  if (parent.guild === undefined) throw new Refusal(400, 50024, 'Cannot execute action on this channel type');
  sim.find(parent.id, id ?? '');
  if (sim.channels.has(id ?? ''))
    throw new Refusal(400, 160004, 'A thread has already been created for this message');
  return sim.channelWire(makeThread(sim, parent, id ?? '', call.body));
}

function makeThread(sim: DiscordSim, parent: SimChannel, id: string, body: Wire): SimChannel {
  const name = String(body.name ?? '');
  if (name.length < 1 || name.length > 100) throw new Refusal(400, 50035, 'name');
  return sim.channel({ id, type: 11, guild: parent.guild, parent: parent.id, owner: sim.botId, name });
}

function publish(sim: DiscordSim, call: Call, [application, where]: string[]): unknown {
  if (application !== sim.botId)
    throw new Refusal(403, 20012, 'You are not authorized to perform this action on this application');
  checkCommands(call.body);
  sim.commands = call.body as unknown as Wire[];
  sim.commandsAt = where;
  return sim.commands;
}

function interactionOf(sim: DiscordSim, find: (one: SimInteraction) => boolean): SimInteraction {
  const found = [...sim.interactions.values()].find(find);
  if (!found) throw new Refusal(404, 10062, 'Unknown interaction');
  return found;
}

function acknowledge(sim: DiscordSim, call: Call, [id, token]: string[]): void {
  const interaction = interactionOf(sim, (one) => one.id === id && one.token === token);
  if (interaction.acks.length > 0)
    throw new Refusal(400, 40060, 'Interaction has already been acknowledged.');
  const type = Number(call.body.type);
  if (![4, 5, 6, 7, 8, 9].includes(type)) throw new Refusal(400, 50035, 'type');
  if (type === 9) checkModal(call.body.data);
  interaction.acks.push(call.body);
  if (type === 5) {
    const channel = channelOf(sim, interaction.channel);
    interaction.original = sim.store(
      channel,
      { ...sim.user(sim.botId, 'Bot'), bot: true },
      { content: '', type: 20 },
    );
  }
}

function followUp(sim: DiscordSim, call: Call, [, token]: string[]): unknown {
  const interaction = interactionOf(sim, (one) => one.token === token);
  if (interaction.acks.length === 0) throw new Refusal(404, 10015, 'Unknown Webhook');
  checkMessage(call.body, 0, false);
  const channel: SimChannel = { id: interaction.channel, type: 0, name: '', messages: [] };
  const message = sim.store(channel, { ...sim.user(sim.botId, 'Bot'), bot: true }, call.body);
  message.ephemeral = (Number(call.body.flags ?? 0) & 64) !== 0;
  interaction.followUps.push(message);
  interaction.said.push(sim.seen(message).text);
  if (!message.ephemeral) channelOf(sim, interaction.channel).messages.push(message);
  return sim.wire(message);
}

function editOriginal(sim: DiscordSim, call: Call, [, token]: string[]): unknown {
  const { original } = interactionOf(sim, (one) => one.token === token);
  if (!original) throw new Refusal(404, 10008, 'Unknown Message');
  checkMessage(call.body, 0, true);
  apply(original, call.body);
  return sim.wire(original);
}

function removeFollowUp(sim: DiscordSim, _call: Call, [, token, id]: string[]): void {
  const interaction = interactionOf(sim, (one) => one.token === token);
  const message =
    id === '@original' ? interaction.original : interaction.followUps.find((one) => one.id === id);
  if (!message) throw new Refusal(404, 10008, 'Unknown Message');
  const at = interaction.followUps.indexOf(message);
  if (at >= 0) interaction.followUps.splice(at, 1);
  const channel = sim.channels.get(interaction.channel);
  if (channel) channel.messages = channel.messages.filter((one) => one !== message);
}
