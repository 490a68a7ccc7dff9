/** Event payloads as the service sends them. */
import type { EventBodies } from './sdk-types.ts';
import type { Mention, SimMessage, World } from './world.ts';

export interface EventHead {
  readonly appId: string;
  readonly world: World;
}

export type EventPayload = Record<string, unknown> & {
  readonly header: { readonly event_id: string; readonly event_type: string; readonly [key: string]: string };
};

export function envelope<Type extends keyof EventBodies>(
  head: EventHead,
  type: Type,
  event: EventBodies[Type],
): EventPayload {
  return {
    schema: '2.0',
    header: {
      event_id: head.world.id('evt'),
      event_type: type,
      create_time: String(Date.now()),
      token: 'verification',
      app_id: head.appId,
      tenant_key: 'tenant',
    },
    event,
  };
}

export function messageEvent(
  head: EventHead,
  message: SimMessage,
  chatKind: 'p2p' | 'group',
  mentions: readonly Mention[],
): EventPayload {
  return envelope(head, 'im.message.receive_v1', {
    sender: {
      sender_id: message.own
        ? { open_id: message.from }
        : { open_id: message.from, union_id: message.from.replace(/^ou_/, 'on_'), user_id: null },
      sender_type: message.own ? 'app' : 'user',
      tenant_key: 'tenant',
    },
    message: {
      message_id: message.id,
      root_id: message.root,
      parent_id: message.parent,
      thread_id: message.thread,
      create_time: String(message.createdAt),
      update_time: String(message.createdAt),
      chat_id: message.chat,
      chat_type: chatKind,
      message_type: message.type,
      content: message.content,
      mentions: mentions.length > 0 ? [...mentions] : undefined,
    },
  });
}

export function recallEvent(head: EventHead, message: SimMessage): EventPayload {
  return envelope(head, 'im.message.recalled_v1', {
    message_id: message.id,
    chat_id: message.chat,
    recall_time: String(Date.now()),
    recall_type: 'message_owner',
  });
}

export function pressEvent(
  head: EventHead,
  press: {
    user: string;
    message: SimMessage;
    action: EventBodies['card.action.trigger']['action'];
  },
): EventPayload {
  return envelope(head, 'card.action.trigger', {
    operator: { tenant_key: 'tenant', open_id: press.user, union_id: press.user.replace(/^ou_/, 'on_') },
    token: head.world.id('c-'),
    action: press.action,
    host: 'im_message',
    context: { open_message_id: press.message.id, open_chat_id: press.message.chat },
  });
}
