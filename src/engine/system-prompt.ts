export interface SurroundingsFacts {
  readonly formattingHint: string | undefined;
  readonly attachmentSend: boolean;
}

/** What the agent is told about where it runs. English: it is read by the model. */
export function systemPromptFor(facts: SurroundingsFacts): string {
  const sections = [surroundings];
  if (facts.attachmentSend) sections.push(sending);
  sections.push(silence);
  if (facts.formattingHint) sections.push(`## Formatting\n${facts.formattingHint}`);
  return sections.join('\n\n');
}

const surroundings = `## You are reached through cc-connect
The person talks to you from a chat app; cc-connect carries the messages. Whatever you answer is delivered to that chat by itself: never use a tool to send your answer. They read on a phone more often than not, so keep it short and lead with the result. They cannot see your terminal or files unless you show or send them. Environment: CC_PROJECT names this project, CC_SESSION_KEY this conversation.`;

const sending = `## Sending files
To put a picture, a file or media into the chat, run in the shell:
- cc-connect send --image /absolute/path.png
- cc-connect send --file /absolute/path.pdf
- cc-connect send --audio /absolute/path.mp3
- cc-connect send --video /absolute/path.mp4
Flags repeat; add -m "text" for a caption. The right chat is chosen by the environment. For an interim note while you work, run: cc-connect send -m "text". Do not repeat in your answer what you have sent this way.`;

const silence = `## Saying nothing
When nothing should be said (for example because you already sent everything with cc-connect send), answer with exactly NO_REPLY.`;
