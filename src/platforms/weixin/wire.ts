/** The shapes of the ilink bot API, as far as we read or write them. Nothing received is trusted to have them. */

export const itemType = { text: 1, image: 2, voice: 3, file: 4, video: 5 } as const;
export const messageType = { user: 1, bot: 2 } as const;
/** A message is complete; the others are generated bit by bit. */
export const messageFinished = 2;
export const mediaType = { image: 1, video: 2, file: 3 } as const;
export const typingStatus = { on: 1, off: 2 } as const;

/** Codes in `ret` or `errcode`. */
export const code = { sessionExpired: -14, throttled: -2, systemBusy: -1 } as const;

/** A file on the media server. */
export interface CdnMedia {
  readonly encrypt_query_param?: string;
  /** base64 of the 16 bytes, or of their 32 hexadecimal digits. */
  readonly aes_key?: string;
  /** 1: AES-128-ECB with PKCS#7 padding. */
  readonly encrypt_type?: number;
  /** Whole address, where the service gives one. */
  readonly full_url?: string;
}

export interface MessageItem {
  readonly type?: number;
  readonly msg_id?: string;
  readonly text_item?: { readonly text?: string };
  readonly image_item?: {
    readonly media?: CdnMedia;
    /** The key as hexadecimal digits; goes before `media.aes_key`. */
    readonly aeskey?: string;
    readonly mid_size?: number;
  };
  readonly voice_item?: {
    readonly media?: CdnMedia;
    /** What the service understood. */
    readonly text?: string;
    readonly encode_type?: number;
  };
  readonly file_item?: {
    readonly media?: CdnMedia;
    readonly file_name?: string;
    /** Bytes, as a text. */
    readonly len?: string;
  };
  readonly video_item?: { readonly media?: CdnMedia; readonly video_size?: number };
  readonly ref_msg?: { readonly title?: string; readonly message_item?: MessageItem };
}

export interface WireMessage {
  readonly seq?: number | string;
  /** An unsigned 64-bit number. */
  readonly message_id?: number | string;
  readonly from_user_id?: string;
  readonly to_user_id?: string;
  readonly group_id?: string;
  readonly client_id?: string;
  readonly create_time_ms?: number | string;
  readonly message_type?: number;
  readonly message_state?: number;
  readonly item_list?: readonly MessageItem[];
  readonly context_token?: string;
}

/** What every answer may carry; success may leave it out. */
export interface Envelope {
  readonly ret?: number;
  readonly errcode?: number;
  readonly errmsg?: string;
}

export interface Updates extends Envelope {
  readonly msgs?: unknown;
  /** The cursor after these messages. */
  readonly get_updates_buf?: string;
  /** How long the next poll will be held. */
  readonly longpolling_timeout_ms?: number;
}

export interface UploadPlace extends Envelope {
  readonly upload_param?: string;
  readonly upload_full_url?: string;
}
