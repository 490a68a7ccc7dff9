import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { agentTypes } from '../../src/agents/registry.ts';
import { platformTypes } from '../../src/platforms/registry.ts';

const page = (path: string): string => {
  const file = fileURLToPath(new URL(`../../docs/${path}`, import.meta.url));
  return existsSync(file) ? readFileSync(file, 'utf8') : '';
};
const missing = (options: readonly string[], text: string) =>
  options.filter((name) => !text.includes(`\`${name}\``) && !text.includes(`${name} =`));

/** Two names for one service share a page; what an agent takes as one that speaks ACP is told on the page about that. */
const pages: Readonly<Record<string, string>> = { lark: 'feishu', devin: 'acp' };
const viaAcp = ['copilot', 'gemini', 'kimi', 'opencode', 'qoder'];

describe('the page of an adapter names every option', () => {
  it.each(agentTypes)('agent $type', async ({ type, load }) => {
    const own = page(`agents/${pages[type] ?? type}.md`);
    const text = viaAcp.includes(type) ? `${own}${page('agents/acp.md')}` : own;
    expect(missing((await load()).options, text)).toEqual([]);
  });

  it.each(platformTypes)('platform $type', async ({ type, load }) => {
    expect(missing((await load()).options, page(`platforms/${pages[type] ?? type}.md`))).toEqual([]);
  });
});
