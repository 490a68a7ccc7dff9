import type { TextArea } from '../languages.ts';

/** What a person is told about messages that wait. */
export const queueTexts = {
  queued: {
    en: '📥 Queued ({position}).',
    zh: '📥 已排队（第 {position} 位）。',
    'zh-TW': '📥 已排隊（第 {position} 位）。',
    ja: '📥 待機列に入りました（{position} 番目）。',
    es: '📥 En cola ({position}).',
  },
  deferred: {
    en: '📥 {count} messages are already waiting. This one is kept but not queued: “{text}”',
    zh: '📥 已有 {count} 条消息在等待。此消息已保留但未排队：“{text}”',
    'zh-TW': '📥 已有 {count} 則訊息在等待。此訊息已保留但未排隊：「{text}」',
    ja: '📥 すでに {count} 件が待機中です。このメッセージは保留しました: 「{text}」',
    es: '📥 Ya hay {count} mensajes esperando. Este se guarda, pero no está en cola: «{text}»',
  },
  rateLimited: {
    en: '🐢 That was more than {max} messages in {seconds} s. This one is kept but not queued: “{text}”',
    zh: '🐢 {seconds} 秒内超过 {max} 条消息。此消息已保留但未排队：“{text}”',
    'zh-TW': '🐢 {seconds} 秒內超過 {max} 則訊息。此訊息已保留但未排隊：「{text}」',
    ja: '🐢 {seconds} 秒間に {max} 件を超えました。このメッセージは保留しました: 「{text}」',
    es: '🐢 Más de {max} mensajes en {seconds} s. Este se guarda, pero no está en cola: «{text}»',
  },
  held: {
    en: '{count} waiting: {texts}',
    zh: '{count} 条等待中：{texts}',
    'zh-TW': '{count} 則等待中：{texts}',
    ja: '待機中 {count} 件: {texts}',
    es: '{count} en espera: {texts}',
  },
  stale: {
    en: '🕰 This message arrived {age} late. Run it? “{text}”',
    zh: '🕰 此消息迟到了 {age}。要执行吗？“{text}”',
    'zh-TW': '🕰 此訊息遲到了 {age}。要執行嗎？「{text}」',
    ja: '🕰 このメッセージは {age} 遅れて届きました。実行しますか？「{text}」',
    es: '🕰 Este mensaje llegó con {age} de retraso. ¿Ejecutarlo? «{text}»',
  },
  run: { en: 'Run', zh: '执行', 'zh-TW': '執行', ja: '実行', es: 'Ejecutar' },
  drop: { en: 'Drop', zh: '丢弃', 'zh-TW': '捨棄', ja: '破棄', es: 'Descartar' },
  running: {
    en: '▶️ Running.',
    zh: '▶️ 开始执行。',
    'zh-TW': '▶️ 開始執行。',
    ja: '▶️ 実行します。',
    es: '▶️ En marcha.',
  },
  dropped: {
    en: '🗑 Dropped.',
    zh: '🗑 已丢弃。',
    'zh-TW': '🗑 已捨棄。',
    ja: '🗑 破棄しました。',
    es: '🗑 Descartado.',
  },
  gone: {
    en: 'This is settled already.',
    zh: '此项已处理。',
    'zh-TW': '此項已處理。',
    ja: 'すでに処理済みです。',
    es: 'Esto ya está resuelto.',
  },
  quarantined: {
    en: '☣️ This message was running each time cc-connect crashed, so it is put aside: “{text}”',
    zh: '☣️ 每次 cc-connect 崩溃时都在运行此消息，因此已搁置：“{text}”',
    'zh-TW': '☣️ 每次 cc-connect 當機時都在執行此訊息，因此已擱置：「{text}」',
    ja: '☣️ cc-connect がクラッシュするたびにこのメッセージを実行していたため、保留しました: 「{text}」',
    es: '☣️ Este mensaje se estaba ejecutando cada vez que cc-connect falló; queda apartado: «{text}»',
  },
  banned: {
    en: '🚫 Blocked: the message contains a banned word.',
    zh: '🚫 已拦截：消息包含禁用词。',
    'zh-TW': '🚫 已攔截：訊息包含禁用詞。',
    ja: '🚫 禁止語が含まれるためブロックしました。',
    es: '🚫 Bloqueado: el mensaje contiene una palabra prohibida.',
  },
  storeFull: {
    en: '💾 Nothing can be stored right now (the disk is full). Your message will be taken once there is space.',
    zh: '💾 目前无法保存（磁盘已满）。有空间后会处理你的消息。',
    'zh-TW': '💾 目前無法儲存（磁碟已滿）。有空間後會處理你的訊息。',
    ja: '💾 現在保存できません（ディスクがいっぱいです）。空きができ次第処理します。',
    es: '💾 Ahora no se puede guardar nada (disco lleno). Tu mensaje se tomará cuando haya espacio.',
  },
} satisfies TextArea;
