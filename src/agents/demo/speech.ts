/** What the demo agent says, in the language the person seems to write in. */
export interface Speech {
  readonly greeting: string;
  readonly how: string;
  heard(text: string, count: number): string;
  readonly asking: string;
  readonly wrote: (file: string) => string;
  readonly refused: string;
  readonly failed: (reason: string) => string;
}

const INSTALL = [
  '```bash',
  'npm install -g @anthropic-ai/claude-code',
  'claude   # log in once',
  'cc-connect doctor   # is it found?',
  '```',
].join('\n');

const english: Speech = {
  greeting:
    '**This is the built-in demo agent.** I am not an AI: I only show how a conversation looks, so that you can see cc-connect work before you install a real agent.',
  how: `To use a real one, install it and set its type in your config (\`[projects.agent]\`, \`type = "claudecode"\`):\n\n${INSTALL}`,
  heard: (text, count) => `You wrote (message ${count} of this conversation):\n\n${quote(text)}`,
  asking: 'An agent asks before it changes something. I would like to write one small file now:',
  wrote: (file) => `Done: I wrote \`${file}\` in the working directory.`,
  refused: 'All right, I have written nothing.',
  failed: (reason) => `The file could not be written: ${reason}`,
};

const chinese: Speech = {
  greeting:
    '**这是内置的演示代理。** 我不是 AI，只用来展示对话的样子，让你在安装真正的代理之前先看到 cc-connect 如何工作。',
  how: `要使用真正的代理，请先安装它，再在配置（\`[projects.agent]\`）里设置 \`type = "claudecode"\`：\n\n${INSTALL}`,
  heard: (text, count) => `你写道（本次对话的第 ${count} 条消息）：\n\n${quote(text)}`,
  asking: '代理在修改内容之前会先询问。现在我想写一个小文件：',
  wrote: (file) => `完成：我已在工作目录中写入 \`${file}\`。`,
  refused: '好的，我什么都没有写。',
  failed: (reason) => `无法写入文件：${reason}`,
};

const japanese: Speech = {
  greeting:
    '**これは内蔵のデモエージェントです。** AI ではありません。本物のエージェントを入れる前に cc-connect の動きを見てもらうためのものです。',
  how: `本物を使うには、インストールしてから設定の \`[projects.agent]\` に \`type = "claudecode"\` と書いてください。\n\n${INSTALL}`,
  heard: (text, count) => `受け取ったメッセージ（この会話の ${count} 件目）：\n\n${quote(text)}`,
  asking: 'エージェントは何かを変更する前に確認します。小さなファイルを一つ書きたいのですが：',
  wrote: (file) => `完了：作業ディレクトリに \`${file}\` を書きました。`,
  refused: 'わかりました。何も書いていません。',
  failed: (reason) => `ファイルを書けませんでした：${reason}`,
};

const traditional: Speech = {
  greeting:
    '**這是內建的示範代理。** 我不是 AI，只用來展示對話的樣子，讓你在安裝真正的代理之前先看到 cc-connect 如何運作。',
  how: `要使用真正的代理，請先安裝它，再在設定（\`[projects.agent]\`）裡設定 \`type = "claudecode"\`：\n\n${INSTALL}`,
  heard: (text, count) => `你寫道（本次對話的第 ${count} 則訊息）：\n\n${quote(text)}`,
  asking: '代理在修改內容之前會先詢問。現在我想寫一個小檔案：',
  wrote: (file) => `完成：我已在工作目錄中寫入 \`${file}\`。`,
  refused: '好的，我什麼都沒有寫。',
  failed: (reason) => `無法寫入檔案：${reason}`,
};

const spanish: Speech = {
  greeting:
    '**Este es el agente de demostración incluido.** No soy una IA: solo muestro cómo es una conversación, para que veas funcionar cc-connect antes de instalar un agente de verdad.',
  how: `Para usar uno de verdad, instálalo y pon su tipo en la configuración (\`[projects.agent]\`, \`type = "claudecode"\`):\n\n${INSTALL}`,
  heard: (text, count) => `Has escrito (mensaje ${count} de esta conversación):\n\n${quote(text)}`,
  asking: 'Un agente pregunta antes de cambiar algo. Ahora me gustaría escribir un archivo pequeño:',
  wrote: (file) => `Hecho: he escrito \`${file}\` en el directorio de trabajo.`,
  refused: 'De acuerdo, no he escrito nada.',
  failed: (reason) => `No se pudo escribir el archivo: ${reason}`,
};

/** Characters that only one of the two Chinese scripts has, among the most frequent ones. */
const TRADITIONAL = /[這個們說沒為來時會對還讓請麼樣開關發現檔寫設訊問題謝嗎]/;
const SPANISH = /[¿¡ñ]|\b(hola|gracias|por favor|archivo|qué|cómo|buenos|buenas)\b/i;

/** Guesses from the words: an agent is told nothing else about the person. English when in doubt. */
export function speechFor(text: string): Speech {
  if (/[\u3040-\u30ff]/.test(text)) return japanese;
  if (/[\u4e00-\u9fff]/.test(text)) return TRADITIONAL.test(text) ? traditional : chinese;
  return SPANISH.test(text) ? spanish : english;
}

function quote(text: string): string {
  const short = text.length > 500 ? `${text.slice(0, 500)}…` : text;
  return short
    .split('\n')
    .map((line) => `> ${line}`)
    .join('\n');
}
