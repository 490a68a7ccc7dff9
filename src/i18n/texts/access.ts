import type { TextArea } from '../languages.ts';

/** Who may talk to the bot. */
export const accessTexts = {
  pairing: {
    en: '👋 This bot does not know you yet. Ask its owner to run this on their machine:\n`cc-connect pair approve {code}`\nThe code is valid for {minutes} minutes.',
    zh: '👋 机器人还不认识你。请让其主人在电脑上运行：\n`cc-connect pair approve {code}`\n代码 {minutes} 分钟内有效。',
    'zh-TW':
      '👋 機器人還不認識你。請擁有者在電腦上執行：\n`cc-connect pair approve {code}`\n代碼 {minutes} 分鐘內有效。',
    ja: '👋 このボットはまだあなたを知りません。持ち主に次のコマンドの実行を依頼してください:\n`cc-connect pair approve {code}`\nコードの有効期限は {minutes} 分です。',
    es: '👋 Este bot aún no te conoce. Pide a su dueño que ejecute en su equipo:\n`cc-connect pair approve {code}`\nEl código vale {minutes} minutos.',
  },
  paired: {
    en: '✅ You are paired. Write what you want done, or /help.',
    zh: '✅ 配对成功。直接写需求，或发送 /help。',
    'zh-TW': '✅ 配對成功。直接寫需求，或傳送 /help。',
    ja: '✅ ペアリングしました。依頼内容か /help を送ってください。',
    es: '✅ Emparejado. Escribe lo que necesitas, o /help.',
  },
  refused: {
    en: '🚫 You may not use this.',
    zh: '🚫 你无权使用。',
    'zh-TW': '🚫 你無權使用。',
    ja: '🚫 利用する権限がありません。',
    es: '🚫 No puedes usar esto.',
  },
  adminOnly: {
    en: '🚫 /{command} is for admins (admin_from in the config).',
    zh: '🚫 /{command} 仅限管理员（配置 admin_from）。',
    'zh-TW': '🚫 /{command} 僅限管理員（設定 admin_from）。',
    ja: '🚫 /{command} は管理者専用です（設定 admin_from）。',
    es: '🚫 /{command} es solo para administradores (admin_from en la configuración).',
  },
  disabled: {
    en: '🚫 /{command} is switched off here.',
    zh: '🚫 此处已禁用 /{command}。',
    'zh-TW': '🚫 此處已停用 /{command}。',
    ja: '🚫 /{command} はここでは無効です。',
    es: '🚫 /{command} está desactivado aquí.',
  },
} satisfies TextArea;
