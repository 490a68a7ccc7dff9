/** A refusal as the service words it: status 200 and a code. */
export class Refusal extends Error {
  readonly ret: number;
  readonly errcode: number;

  constructor(ret: number, message: string, errcode = 0) {
    super(message);
    this.ret = ret;
    this.errcode = errcode;
  }
}

export type Json = Readonly<Record<string, unknown>>;

const fields: Readonly<Record<string, readonly string[]>> = {
  getupdates: ['get_updates_buf'],
  sendmessage: ['msg'],
  getuploadurl: [
    'filekey',
    'media_type',
    'to_user_id',
    'rawsize',
    'rawfilemd5',
    'filesize',
    'no_need_thumb',
    'aeskey',
  ],
  getconfig: ['ilink_user_id', 'context_token'],
  sendtyping: ['ilink_user_id', 'typing_ticket', 'status'],
};
const messageFields = [
  'from_user_id',
  'to_user_id',
  'client_id',
  'message_type',
  'message_state',
  'item_list',
  'context_token',
];
/** Code points the service takes in one text. */
const TEXT_LIMIT = 3800;

export const bad = (what: string): never => {
  throw new Refusal(-4, `invalid argument: ${what}`);
};

/** Headers every call carries. */
export function checkHeaders(headers: Readonly<Record<string, string | string[] | undefined>>): void {
  if (headers.authorizationtype !== 'ilink_bot_token') bad('AuthorizationType');
  if (!String(headers['content-type']).startsWith('application/json')) bad('Content-Type');
  const uin = Buffer.from(String(headers['x-wechat-uin']), 'base64').toString();
  if (!/^\d{1,10}$/.test(uin) || Number(uin) > 0xffffffff) bad('X-WECHAT-UIN');
}

/** Nothing but known fields, and the version of the client. */
export function checkFields(method: string, body: Json): void {
  const known = fields[method] ?? bad(`method ${method}`);
  for (const key of Object.keys(body)) if (key !== 'base_info' && !known.includes(key)) bad(key);
  const info = body.base_info as Json | undefined;
  if (typeof info?.channel_version !== 'string' || info.channel_version === '') bad('base_info');
}

/** A message to a person; returns its only item. */
export function checkMessage(msg: Json): Json {
  for (const key of Object.keys(msg)) if (!messageFields.includes(key)) bad(`msg.${key}`);
  if (msg.from_user_id !== '') bad('from_user_id');
  if (typeof msg.client_id !== 'string' || !/^[\w.-]{1,64}$/.test(msg.client_id)) bad('client_id');
  if (msg.message_type !== 2 || msg.message_state !== 2) bad('message_type or message_state');
  const items = msg.item_list;
  if (!Array.isArray(items) || items.length !== 1) return bad('item_list');
  const item = items[0] as Json;
  if (item.type === 1) checkText(item.text_item as Json);
  else if (![2, 4, 5].includes(Number(item.type))) bad('item type');
  return item;
}

function checkText(item: Json): void {
  const text = item?.text;
  if (typeof text !== 'string' || text.replace(/[\s\u2800\p{Default_Ignorable_Code_Point}]/gu, '') === '')
    return bad('empty text');
  if (/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/.test(text))
    bad('half a character');
  if ([...text].length > TEXT_LIMIT) bad(`text of ${[...text].length} characters`);
}
