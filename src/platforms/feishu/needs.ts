/** What an app must be allowed to do, and what is lost without it. Any of the names will do; the first is asked for. */
export const scopeNeeds: readonly {
  readonly names: readonly string[];
  readonly need: boolean;
  readonly for: string;
}[] = [
  { names: ['im:message', 'im:message:send_as_bot'], need: true, for: 'sending messages' },
  { names: ['im:message.p2p_msg:readonly', 'im:message.p2p_msg'], need: true, for: 'direct messages' },
  {
    names: ['im:message.group_at_msg:readonly', 'im:message.group_at_msg', 'im:message.group_msg'],
    need: false,
    for: 'messages in groups',
  },
  { names: ['im:resource'], need: false, for: 'files and images' },
  { names: ['cardkit:card:write'], need: false, for: 'streaming answers (without it cards are replaced)' },
  { names: ['im:chat:readonly', 'im:chat'], need: false, for: 'names of chats' },
];

/** Events and callbacks the app subscribes to. */
export const eventNeeds: readonly string[] = ['im.message.receive_v1', 'im.message.recalled_v1'];
export const callbackNeeds: readonly string[] = ['card.action.trigger'];
