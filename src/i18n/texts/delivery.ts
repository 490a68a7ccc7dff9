import type { TextArea } from '../languages.ts';

/** What is said about messages that had to wait. */
export const deliveryTexts = {
  lastForNow: {
    en: '⏸ That is all this app lets me say unasked for now. What comes next waits until you write.',
    zh: '⏸ 该应用暂时不再允许我主动发消息，后续内容会等到你发消息时再发送。',
    'zh-TW': '⏸ 這個應用程式暫時不允許我再主動發訊息，後續內容會等到你發訊息時再送出。',
    ja: '⏸ このアプリでこちらから送れるのは今のところここまでです。続きはあなたが書き込むまで待ちます。',
    es: '⏸ Por ahora esta aplicación no me deja decir más sin que preguntes. Lo que siga espera a que escribas.',
  },
  heldBack: {
    en: '⏸ Held back until now, because this app takes only a few unasked messages:',
    zh: '⏸ 该应用只允许少量主动消息，以下内容被推迟到现在：',
    'zh-TW': '⏸ 這個應用程式只允許少量主動訊息，以下內容延後到現在：',
    ja: '⏸ このアプリはこちらからの送信が少数に限られるため、ここまで保留していました:',
    es: '⏸ Retenido hasta ahora, porque esta aplicación admite pocos mensajes sin preguntar:',
  },
} satisfies TextArea;
