/** What the demo agent says, in the language the person seems to write in. */
export interface Speech {
  readonly greeting: string;
  readonly how: string;
  heard(text: string, count: number): string;
  readonly asking: string;
  readonly wrote: (file: string) => string;
  readonly refused: string;
  readonly failed: (reason: string) => string;
  readonly stopped: string;
}

const INSTALL = [
  '```bash',
  'npm install -g @anthropic-ai/claude-code',
  'claude   # log in once',
  'cc-connect agents',
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
  stopped: 'Stopped.',
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
  stopped: '已停止。',
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
  stopped: '停止しました。',
};

/** Kana means Japanese, other Han text Chinese, all else English. */
export function speechFor(text: string): Speech {
  if (/[\u3040-\u30ff]/.test(text)) return japanese;
  return /[\u4e00-\u9fff]/.test(text) ? chinese : english;
}

function quote(text: string): string {
  const short = text.length > 500 ? `${text.slice(0, 500)}…` : text;
  return short
    .split('\n')
    .map((line) => `> ${line}`)
    .join('\n');
}
