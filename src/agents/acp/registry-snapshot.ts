import type { RegistryAgent } from './catalogue.ts';

/**
 * Agents of the ACP registry (https://github.com/agentclientprotocol/registry, Apache-2.0), without versions, since what
 * is installed counts. Written by scripts/acp-registry.mjs.
 */
export const registryAgents: readonly RegistryAgent[] = [
  {
    id: 'auggie',
    name: 'Auggie CLI',
    description: "Augment Code's powerful software agent, backed by industry-leading context engine",
    repository: 'https://github.com/augmentcode/auggie-zed-extension',
    npx: '@augmentcode/auggie',
    args: ['--acp'],
  },
  {
    id: 'claude-code-acp',
    name: 'Claude Code',
    description: "ACP wrapper for Anthropic's Claude",
    repository: 'https://github.com/zed-industries/claude-code-acp',
    npx: '@zed-industries/claude-code-acp',
    args: [],
  },
  {
    id: 'codex-acp',
    name: 'Codex CLI',
    description: "ACP adapter for OpenAI's coding assistant",
    repository: 'https://github.com/zed-industries/codex-acp',
    program: 'codex-acp',
    args: [],
  },
  {
    id: 'factory-droid',
    name: 'Factory Droid',
    description: 'Factory Droid - AI coding agent powered by Factory AI',
    program: 'droid',
    args: ['exec', '--output-format', 'acp'],
  },
  {
    id: 'gemini',
    name: 'Gemini CLI',
    description: "Google's official CLI for Gemini",
    repository: 'https://github.com/google-gemini/gemini-cli',
    npx: '@google/gemini-cli',
    args: ['--experimental-acp'],
  },
  {
    id: 'github-copilot',
    name: 'GitHub Copilot',
    description: "GitHub's AI pair programmer",
    repository: 'https://github.com/github/copilot-language-server-release',
    npx: '@github/copilot-language-server',
    args: ['--acp'],
  },
  {
    id: 'kimi',
    name: 'Kimi CLI',
    description: "Moonshot AI's coding assistant",
    repository: 'https://github.com/MoonshotAI/kimi-cli',
    program: 'kimi',
    args: ['acp'],
  },
  {
    id: 'mistral-vibe',
    name: 'Mistral Vibe',
    description: "Mistral's open-source coding assistant",
    repository: 'https://github.com/mistralai/mistral-vibe',
    program: 'vibe-acp',
    args: [],
  },
  {
    id: 'opencode',
    name: 'OpenCode',
    description: 'The open source coding agent',
    repository: 'https://github.com/sst/opencode',
    program: 'opencode',
    args: ['acp'],
  },
  {
    id: 'qoder',
    name: 'Qoder CLI',
    description: 'AI coding assistant with agentic capabilities',
    npx: '@qoder-ai/qodercli',
    args: ['--acp'],
  },
  {
    id: 'qwen-code',
    name: 'Qwen Code',
    description: "Alibaba's Qwen coding assistant",
    repository: 'https://github.com/QwenLM/qwen-code',
    npx: '@qwen-code/qwen-code',
    args: ['--acp', '--experimental-skills'],
  },
];
