import { describe, expect, it } from 'vitest';
import { readConfig } from '../../src/config/load.ts';

const project = (name: string, type: string, chat: number) =>
  `[[projects]]\nname = "${name}"\n[projects.agent]\ntype = "${type}"\n[[projects.platforms]]\ntype = "telegram"\noptions = { token = "1:x" }\n[projects.platforms.routes]\nchats = [${chat}]\n`;

describe('what is left out because of errors', () => {
  it('is kept with what it claims, and with its place between what is used', () => {
    const text = project('a', 'codex', 1) + project('b', 'claudcode', 2) + project('c', 'codex', 3);
    const { config, lost } = readConfig(text, 'config.toml', {});
    expect(config?.projects.map(({ name }) => name)).toEqual(['a', 'c']);
    expect(lost).toMatchObject([
      {
        project: 'b',
        order: 0.5,
        platform: { at: 'projects[1].platforms[0]', type: 'telegram', routes: { chats: ['2'] } },
      },
    ]);
  });

  it('is nothing where all is well', () => {
    expect(readConfig(project('a', 'codex', 1), 'config.toml', {}).lost).toEqual([]);
  });
});
