import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ChatServer, startChatServer } from './openai-chat.ts';

let server: ChatServer;
beforeAll(async () => {
  server = await startChatServer();
});
afterAll(() => server.close());

type Message = { role: string; content: unknown; tool_calls?: { id: string; function: object }[] };

function ask(messages: readonly object[], stream = true): Promise<Response> {
  const body = JSON.stringify({ model: 'any', stream, messages });
  return fetch(`${server.url}/chat/completions`, { method: 'POST', body });
}

/** Puts the streamed deltas together again. */
async function streamed(response: Response): Promise<Message & { finish: string; usage: unknown }> {
  const whole = { role: 'assistant', content: '', thinking: '', finish: '', usage: undefined as unknown };
  const calls: { id: string; function: { name: string; arguments: string } }[] = [];
  const text = await response.text();
  expect(text.endsWith('data: [DONE]\n\n')).toBe(true);
  for (const line of text.split('\n')) {
    if (!line.startsWith('data: {')) continue;
    const chunk = JSON.parse(line.slice(6));
    whole.usage ??= chunk.usage;
    const { delta, finish_reason } = chunk.choices[0] ?? { delta: {} };
    whole.content += delta.content ?? '';
    whole.thinking += delta.reasoning_content ?? '';
    whole.finish = finish_reason ?? whole.finish;
    for (const call of delta.tool_calls ?? []) {
      if (call.id !== undefined) calls[call.index] = call;
      else if (calls[call.index])
        (calls[call.index] as (typeof calls)[0]).function.arguments += call.function.arguments;
    }
  }
  return { ...whole, tool_calls: calls };
}

const user = (content: unknown) => ({ role: 'user', content });

describe('the scripted Chat Completions server', () => {
  it('streams thoughts, text and a call, then goes on after its result', async () => {
    const prompt = user('think: hm ;; pre: I look ;; tool: bash {"command":"ls"} ;; say: seen');
    const first = await streamed(await ask([prompt]));
    expect(first).toMatchObject({ content: 'I look', thinking: 'hm', finish: 'tool_calls' });
    expect(first.tool_calls?.[0]?.function).toEqual({ name: 'bash', arguments: '{"command":"ls"}' });
    const result = { role: 'tool', tool_call_id: first.tool_calls?.[0]?.id, content: 'a b' };
    const second = await streamed(await ask([prompt, { role: 'assistant', content: '' }, result]));
    expect(second).toMatchObject({ content: 'seen', finish: 'stop', usage: { prompt_tokens: 235 } });
  });

  it('waits for all results of parallel calls', async () => {
    const prompt = user('tools: [["a",{}],["b",{"x":1}]] ;; say: both');
    expect((await streamed(await ask([prompt]))).tool_calls).toHaveLength(2);
    const result = { role: 'tool', content: 'ok' };
    expect((await streamed(await ask([prompt, result]))).tool_calls).toHaveLength(2);
    expect((await streamed(await ask([prompt, result, result]))).content).toBe('both');
  });

  it('answers whole when no stream is wanted', async () => {
    const reply = (await (await ask([user('say: whole')], false)).json()) as { choices: unknown[] };
    expect(reply.choices[0]).toMatchObject({ message: { content: 'whole' }, finish_reason: 'stop' });
  });

  it('fails always, once, or in the middle of the text', async () => {
    expect((await ask([user('error: 429')])).status).toBe(429);
    expect((await ask([user('error-once: 500 ;; say: better')])).status).toBe(500);
    expect((await streamed(await ask([user('error-once: 500 ;; say: better')]))).content).toBe('better');
    await expect((await ask([user('drop ;; say: a text of some length')])).text()).rejects.toThrow();
  });

  it('counts images, and lists a model', async () => {
    const parts = [
      { type: 'text', text: 'images' },
      { type: 'image_url', image_url: { url: 'data:' } },
    ];
    expect((await streamed(await ask([user(parts)]))).content).toBe('images: 1');
    const listed = (await (await fetch(`${server.url}/models`)).json()) as { data: unknown[] };
    expect(listed.data).toHaveLength(1);
  });
});
