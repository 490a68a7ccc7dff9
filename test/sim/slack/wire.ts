/** Messages and files as the service tells of them. */
import type { SlackSim } from './sim.ts';
import type { SimFile, SimMessage } from './world.ts';

export function wireMessage(sim: SlackSim, message: SimMessage): Record<string, unknown> {
  const { thread, files, edited } = message;
  return {
    type: 'message',
    channel: message.channel,
    user: message.user,
    ts: message.ts,
    text: message.text,
    team: sim.team,
    ...(thread === undefined ? {} : { thread_ts: thread, ...parentOf(sim, message) }),
    ...(message.bot ? { bot_id: sim.botId, app_id: 'A111' } : {}),
    ...(message.blocks.length > 0 ? { blocks: message.blocks } : {}),
    ...(files.length > 0 ? { subtype: 'file_share', files: files.map((file) => wireFile(sim, file)) } : {}),
    ...(edited === undefined ? {} : { edited: { user: message.user, ts: edited } }),
  };
}

function parentOf(sim: SlackSim, message: SimMessage): Record<string, unknown> {
  const parent = sim.world.find(message.channel, message.thread ?? '');
  return parent && parent.ts !== message.ts ? { parent_user_id: parent.user } : {};
}

export function wireFile(sim: SlackSim, file: SimFile): Record<string, unknown> {
  return {
    id: file.id,
    name: file.name,
    title: file.name,
    mimetype: file.mime,
    size: file.bytes.length,
    mode: 'hosted',
    url_private: `${sim.url}/files-pri/${file.id}`,
    url_private_download: `${sim.url}/files-pri/${file.id}/download`,
  };
}
