/** The Web API: what each method checks and does. */
import { wrongBlocks } from './blocks.ts';
import type { SlackSim } from './sim.ts';
import type { SimFile, SimMessage } from './world.ts';

export type Args = Readonly<Record<string, unknown>>;
/** What a method answers: its fields, or the service's word for a refusal. */
export type Answer = Record<string, unknown> | string;
type Method = (sim: SlackSim, args: Args) => Answer;

const text = (value: unknown): string => (typeof value === 'string' ? value : '');

/** Methods only the app-level token may call; all others want the bot's. */
export const appMethods: ReadonlySet<string> = new Set(['apps.connections.open']);

export const methods: Readonly<Record<string, Method>> = {
  'apps.connections.open': (sim) => ({ url: sim.socketUrl() }),
  'auth.test': (sim) => ({
    user_id: sim.bot,
    bot_id: sim.botId,
    team_id: sim.team,
    user: 'agent',
    team: 'Sim',
    url: sim.url,
  }),
  'chat.postMessage': (sim, args) => post(sim, args),
  'chat.postEphemeral': (sim, args) => {
    const channel = sim.world.channels.get(text(args.channel));
    if (!channel) return 'channel_not_found';
    if (!text(args.user)) return 'user_not_in_channel';
    sim.ephemeral(channel.id, text(args.text));
    return { message_ts: sim.world.stamp() };
  },
  'chat.update': (sim, args) => update(sim, args),
  'chat.delete': (sim, args) => {
    const message = sim.world.find(text(args.channel), text(args.ts));
    if (!message) return 'message_not_found';
    if (message.user !== sim.bot) return 'cant_delete_message';
    sim.world.delete(message);
    return { channel: message.channel, ts: message.ts };
  },
  'chat.startStream': (sim, args) => startStream(sim, args),
  'chat.appendStream': (sim, args) => {
    const message = sim.world.find(text(args.channel), text(args.ts));
    if (!message) return 'message_not_found';
    if (!message.streaming) return 'message_not_in_streaming_state';
    return stream(message, args);
  },
  'chat.stopStream': (sim, args) => {
    const message = sim.world.find(text(args.channel), text(args.ts));
    if (!message) return 'message_not_found';
    if (!message.streaming) return 'message_not_in_streaming_state';
    const done = stream(message, args);
    if (typeof done === 'string') return done;
    message.streaming = false;
    if (args.metadata) message.metadata = args.metadata;
    return { ...done, message: sim.wire(message) };
  },
  'conversations.history': (sim, args) => history(sim, args, false),
  'conversations.replies': (sim, args) => history(sim, args, true),
  'conversations.info': (sim, args) => {
    const channel = sim.world.channels.get(text(args.channel));
    if (!channel) return 'channel_not_found';
    return {
      channel: {
        id: channel.id,
        name: channel.name,
        is_im: channel.kind === 'im',
        is_mpim: channel.kind === 'mpim',
      },
    };
  },
  'users.info': (sim, args) => {
    const names: Record<string, string> = { [sim.ann]: 'Ann', [sim.ben]: 'Ben' };
    const name = names[text(args.user)];
    if (!name) return 'user_not_found';
    return { user: { id: args.user, name: name.toLowerCase(), profile: { display_name: name } } };
  },
  'files.getUploadURLExternal': (sim, args) => {
    const length = Number(args.length);
    if (!text(args.filename) || !Number.isInteger(length) || length < 1) return 'invalid_arguments';
    const file = sim.addFile(text(args.filename), Buffer.alloc(0), 'application/octet-stream', sim.bot);
    sim.uploads.set(file.id, length);
    return { upload_url: `${sim.url}/upload/${file.id}`, file_id: file.id };
  },
  'files.completeUploadExternal': (sim, args) => complete(sim, args),
  'files.info': (sim, args) => {
    const file = sim.world.files.get(text(args.file));
    if (!file) return 'file_not_found';
    const shares: Record<string, { ts: string }[]> = {};
    for (const { channel, ts } of file.shared) (shares[channel] ??= []).push({ ts });
    return { file: { ...sim.wireFile(file), shares: { private: shares } } };
  },
  'files.delete': (sim, args) => {
    const file = sim.world.files.get(text(args.file));
    if (!file) return 'file_not_found';
    sim.world.files.delete(file.id);
    for (const message of [...sim.world.messages])
      if (message.files.includes(file)) sim.world.delete(message);
    return {};
  },
  'reactions.add': (sim, args) => {
    const message = sim.world.find(text(args.channel), text(args.timestamp));
    if (!message) return 'message_not_found';
    const name = `${message.ts}:${text(args.name)}`;
    if (sim.reactions.has(name)) return 'already_reacted';
    sim.reactions.add(name);
    return {};
  },
  'reactions.remove': (sim, args) => {
    const name = `${text(args.timestamp)}:${text(args.name)}`;
    return sim.reactions.delete(name) ? {} : 'no_reaction';
  },
  'assistant.threads.setTitle': (sim, args) => {
    sim.titles.set(text(args.thread_ts), text(args.title));
    return {};
  },
  'assistant.threads.setSuggestedPrompts': (sim, args) => {
    const prompts = JSON.parse(text(args.prompts)) as { title?: string; message?: string }[];
    if (prompts.length > 4 || !prompts.every(({ title, message }) => title && message))
      return 'invalid_arguments';
    sim.prompts.set(
      text(args.thread_ts),
      prompts.map(({ message }) => message ?? ''),
    );
    return {};
  },
  'assistant.threads.setStatus': (sim, args) => {
    if (!sim.world.channels.has(text(args.channel_id))) return 'channel_not_found';
    if (!text(args.thread_ts)) return 'invalid_arguments';
    sim.statuses.set(text(args.thread_ts), text(args.status));
    return {};
  },
};

function post(sim: SlackSim, args: Args): Answer {
  const channel = sim.world.channels.get(text(args.channel));
  if (!channel) return 'channel_not_found';
  if (!channel.members.has(sim.bot)) return 'not_in_channel';
  const wrong = wrongMessage(args, 40_000);
  if (wrong) return wrong;
  const thread = args.thread_ts === undefined ? undefined : text(args.thread_ts);
  if (thread !== undefined && !sim.world.find(channel.id, thread)) return 'thread_not_found';
  if (args.unfurl_links !== 'false' || args.unfurl_media !== 'false') sim.complaints.push('unfurling is on');
  const metadata = args.metadata as { event_type?: unknown; event_payload?: unknown } | undefined;
  if (metadata && (typeof metadata.event_type !== 'string' || typeof metadata.event_payload !== 'object'))
    return 'invalid_metadata_format';
  const message = sim.world.add({
    channel: channel.id,
    user: sim.bot,
    bot: true,
    thread,
    text: text(args.text),
    blocks: (args.blocks as unknown[] | undefined) ?? [],
    metadata,
  });
  if (thread) sim.statuses.delete(thread);
  sim.echo(message);
  return { channel: channel.id, ts: message.ts, message: sim.wire(message) };
}

function update(sim: SlackSim, args: Args): Answer {
  const message = sim.world.find(text(args.channel), text(args.ts));
  if (!message) return 'message_not_found';
  if (message.user !== sim.bot) return 'cant_update_message';
  if (message.streaming) return 'streaming_state_conflict';
  const wrong = wrongMessage(args, 4000);
  if (wrong) return wrong;
  const blocks = (args.blocks as unknown[] | undefined) ?? [];
  const length = blocks.reduce((sum: number, block) => sum + JSON.stringify(block).length, 0);
  if (sim.updateLimit !== undefined && length > sim.updateLimit) return 'msg_too_long';
  message.text = text(args.text);
  message.blocks = blocks;
  message.edited = sim.world.stamp();
  return { channel: message.channel, ts: message.ts, text: message.text };
}

function wrongMessage(args: Args, most: number): string | undefined {
  if (args.blocks === undefined && !text(args.text)) return 'no_text';
  if (text(args.text).length > most) return 'msg_too_long';
  const wrong = args.blocks === undefined ? undefined : wrongBlocks(args.blocks);
  return wrong === undefined ? undefined : 'invalid_blocks';
}

function startStream(sim: SlackSim, args: Args): Answer {
  if (!sim.streams) return 'unknown_method';
  const channel = sim.world.channels.get(text(args.channel));
  if (!channel) return 'channel_not_found';
  const thread = text(args.thread_ts);
  if (!thread || !sim.world.find(channel.id, thread)) return 'invalid_thread_ts';
  if (channel.kind !== 'im' && (!text(args.recipient_user_id) || !text(args.recipient_team_id)))
    return 'missing_recipient_user_id';
  const message = sim.world.add({ channel: channel.id, user: sim.bot, bot: true, thread });
  message.streaming = true;
  const done = stream(message, args);
  if (typeof done === 'string') return done;
  return { channel: channel.id, ts: message.ts };
}

function stream(message: SimMessage, args: Args): Answer {
  const more = text(args.markdown_text);
  const [block] = message.blocks as { type: string; text: string }[];
  const whole = (block?.text ?? '') + more;
  if (whole.length > 12_000 || more.length > 12_000) return 'msg_too_long';
  if (whole !== '') message.blocks = [{ type: 'markdown', text: whole }];
  if (Array.isArray(args.blocks)) {
    if (wrongBlocks(args.blocks)) return 'invalid_blocks';
    message.blocks = [...message.blocks, ...args.blocks];
  }
  return { channel: message.channel, ts: message.ts };
}

function history(sim: SlackSim, args: Args, replies: boolean): Answer {
  const channel = sim.world.channels.get(text(args.channel));
  if (!channel) return 'channel_not_found';
  if (!channel.members.has(sim.bot)) return 'not_in_channel';
  const thread = text(args.ts);
  if (replies && !sim.world.find(channel.id, thread)) return 'thread_not_found';
  const oldest = text(args.oldest) || '0.0';
  const limit = Number(args.limit ?? 100);
  const all = sim.world.messages
    .filter((message) => message.channel === channel.id)
    .filter((message) =>
      replies
        ? message.thread === thread || message.ts === thread
        : message.thread === undefined || message.thread === message.ts,
    )
    .filter((message) => (replies && message.ts === thread) || message.ts > oldest);
  if (!replies) all.reverse();
  const from = Number(args.cursor ?? 0);
  const page = all.slice(from, from + limit);
  const more = from + limit < all.length;
  return {
    messages: page.map((message) => {
      const { channel: _channel, ...rest } = sim.wire(message);
      const seen =
        args.include_all_metadata === 'true' && message.metadata ? { metadata: message.metadata } : {};
      return { ...rest, ...seen };
    }),
    has_more: more,
    response_metadata: { next_cursor: more ? String(from + limit) : '' },
  };
}

function complete(sim: SlackSim, args: Args): Answer {
  const channel = sim.world.channels.get(text(args.channel_id));
  if (!channel) return 'channel_not_found';
  const given = Array.isArray(args.files) ? (args.files as { id?: string; title?: string }[]) : [];
  const files: SimFile[] = [];
  for (const { id } of given) {
    const file = sim.world.files.get(id ?? '');
    if (!file) return 'file_not_found';
    if (file.bytes.length !== sim.uploads.get(file.id)) return 'file_update_failed';
    files.push(file);
  }
  if (files.length === 0) return 'invalid_arguments';
  const thread = args.thread_ts === undefined ? undefined : text(args.thread_ts);
  const message = sim.world.add({
    channel: channel.id,
    user: sim.bot,
    bot: true,
    thread,
    text: text(args.initial_comment),
    files,
  });
  for (const file of files) file.shared.push({ channel: channel.id, ts: message.ts });
  return { files: files.map((file) => ({ id: file.id, title: file.name })) };
}

/** Form fields; lists and objects travel as JSON. */
export function readArgs(body: string): Args {
  const args: Record<string, unknown> = {};
  for (const [name, value] of new URLSearchParams(body)) {
    const json = ['blocks', 'metadata', 'files', 'chunks'].includes(name);
    args[name] = json ? JSON.parse(value) : value;
  }
  return args;
}
