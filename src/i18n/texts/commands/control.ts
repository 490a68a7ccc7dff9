import type { TextArea } from '../../languages.ts';

/** `/stop /cancel /ps`. */
export const controlTexts = {
  stopSummary: {
    en: 'Stop what is running; what waits is kept',
    zh: '停止当前任务；排队内容保留',
    'zh-TW': '停止目前任務；排隊內容保留',
    ja: '実行中の作業を止める（待機分は残す）',
    es: 'Detener lo que se ejecuta; lo que espera se conserva',
  },
  nothingRuns: {
    en: 'Nothing is running.',
    zh: '当前没有正在运行的任务。',
    'zh-TW': '目前沒有正在執行的任務。',
    ja: '実行中の作業はありません。',
    es: 'No hay nada en marcha.',
  },
  background: {
    en: 'No turn is running, but the agent goes on in the background: {tasks}. /cancel ends it.',
    zh: '没有正在运行的回合，但智能体仍在后台运行：{tasks}。用 /cancel 结束。',
    'zh-TW': '沒有正在執行的回合，但代理程式仍在背景執行：{tasks}。用 /cancel 結束。',
    ja: '実行中のターンはありませんが、バックグラウンドで続いています: {tasks}。/cancel で終了します。',
    es: 'No hay ningún turno en marcha, pero el agente sigue en segundo plano: {tasks}. /cancel lo termina.',
  },
  onHold: {
    en: '⏸ Nothing is running; what waits is on hold.',
    zh: '⏸ 当前没有任务，排队内容已暂停。',
    'zh-TW': '⏸ 目前沒有任務，排隊內容已暫停。',
    ja: '⏸ 実行中の作業はありません。待機分を保留しました。',
    es: '⏸ No hay nada en marcha; lo que espera queda retenido.',
  },
  cancelSummary: {
    en: 'Stop and start over in a new conversation',
    zh: '停止并开始新对话',
    'zh-TW': '停止並開始新對話',
    ja: '停止して新しい会話で始め直す',
    es: 'Detener y empezar de nuevo en otra conversación',
  },
  cancelled: {
    en: '🧹 Cancelled. A new conversation begins; the old one stays in /list.',
    zh: '🧹 已取消。新对话开始，旧对话仍在 /list 中。',
    'zh-TW': '🧹 已取消。新對話開始，舊對話仍在 /list 中。',
    ja: '🧹 取り消しました。新しい会話を始めます。以前の会話は /list にあります。',
    es: '🧹 Cancelado. Empieza una conversación nueva; la anterior sigue en /list.',
  },
  cancelledWaiting: {
    en: '🧹 Cancelled. {count} waiting messages go to a new conversation; the old one stays in /list.',
    zh: '🧹 已取消。{count} 条等待的消息将进入新对话，旧对话仍在 /list 中。',
    'zh-TW': '🧹 已取消。{count} 則等待的訊息將進入新對話，舊對話仍在 /list 中。',
    ja: '🧹 取り消しました。待機中の {count} 件は新しい会話で実行します。以前の会話は /list にあります。',
    es: '🧹 Cancelado. {count} mensajes en espera pasan a una conversación nueva; la anterior sigue en /list.',
  },
  psSummary: {
    en: 'Say something to the running turn',
    zh: '向正在运行的任务补充内容',
    'zh-TW': '向正在執行的任務補充內容',
    ja: '実行中の作業に伝える',
    es: 'Decir algo al turno en marcha',
  },
  psUsage: {
    en: '/ps <text> reaches the agent while it works.',
    zh: '/ps <文字> 可在智能体工作时传达给它。',
    'zh-TW': '/ps <文字> 可在代理程式工作時傳達給它。',
    ja: '/ps <テキスト> は作業中のエージェントに届きます。',
    es: '/ps <texto> llega al agente mientras trabaja.',
  },
  psTaken: {
    en: '📨 Passed on to the running turn.',
    zh: '📨 已传给正在运行的任务。',
    'zh-TW': '📨 已傳給正在執行的任務。',
    ja: '📨 実行中の作業に伝えました。',
    es: '📨 Pasado al turno en marcha.',
  },
  psQueued: {
    en: '📥 The agent takes nothing in while it works; this runs next as a message of its own.',
    zh: '📥 智能体工作时无法接收内容；将作为单独的消息随后运行。',
    'zh-TW': '📥 代理程式工作時無法接收內容；將作為單獨的訊息隨後執行。',
    ja: '📥 作業中は受け取れないため、独立したメッセージとして次に実行します。',
    es: '📥 El agente no admite nada mientras trabaja; esto se ejecuta después como mensaje propio.',
  },
  psIdle: {
    en: '▶️ Nothing is running, so this starts as a message of its own.',
    zh: '▶️ 当前没有任务，将作为普通消息运行。',
    'zh-TW': '▶️ 目前沒有任務，將作為一般訊息執行。',
    ja: '▶️ 実行中の作業がないため、通常のメッセージとして始めます。',
    es: '▶️ No hay nada en marcha, así que empieza como mensaje propio.',
  },
} satisfies TextArea;
