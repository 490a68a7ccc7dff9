/** What the official SDK says of events and answers: what the simulator sends is checked against it. */
import type { Client, EventHandles, RawCardActionEvent } from '@larksuiteoapi/node-sdk';

/** The SDK hands events over flattened: these come from their head. */
type HeadField =
  | 'event_id'
  | 'token'
  | 'create_time'
  | 'event_type'
  | 'tenant_key'
  | 'ts'
  | 'uuid'
  | 'type'
  | 'app_id';

/** On the wire what is missing may also be null. */
type OnWire<T> = T extends object
  ? { [K in keyof T]: OnWire<T[K]> | (undefined extends T[K] ? null : never) }
  : T;

type Given<Name extends keyof EventHandles> = Parameters<NonNullable<EventHandles[Name]>>[0];

/** Events by type, as they stand under `event`. */
export interface EventBodies {
  'im.message.receive_v1': OnWire<Omit<Given<'im.message.receive_v1'>, HeadField>>;
  'im.message.recalled_v1': OnWire<Omit<Given<'im.message.recalled_v1'>, HeadField>>;
  // The SDK knows less of it than comes: forms and the host are documented only.
  'card.action.trigger': Omit<RawCardActionEvent, 'action' | 'operator'> & {
    readonly action: NonNullable<RawCardActionEvent['action']> & {
      readonly form_value?: Readonly<Record<string, unknown>>;
    };
    readonly operator: NonNullable<RawCardActionEvent['operator']> & { readonly tenant_key: string };
    readonly host: string;
  };
}

type Method = (...args: never[]) => Promise<{ data?: unknown }>;
type Data<F extends Method> = NonNullable<Awaited<ReturnType<F>>['data']>;
type Im = Client['im']['v1'];
type CardKit = Client['cardkit']['v1'];

/** What stands under `data` of an answer. */
export interface Answers {
  'message.create': Data<Im['message']['create']>;
  'message.get': Data<Im['message']['get']>;
  'reaction.create': Data<Im['messageReaction']['create']>;
  'reaction.list': Data<Im['messageReaction']['list']>;
  'chat.get': Data<Im['chat']['get']>;
  'chat.members': Data<Im['chatMembers']['get']>;
  'user.get': Data<Client['contact']['v3']['user']['get']>;
  'image.upload': NonNullable<Awaited<ReturnType<Im['image']['create']>>>;
  'file.upload': NonNullable<Awaited<ReturnType<Im['file']['create']>>>;
  'card.create': Data<CardKit['card']['create']>;
  'card.convert': Data<CardKit['card']['idConvert']>;
  connections: Data<Client['event']['v1']['connection']['get']>;
  scopes: Data<Client['application']['v6']['scope']['list']>;
}
