import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { adapterRegistry } from '../../src/app/adapters.ts';
import { makeAgent } from '../../src/app/surroundings.ts';
import { surroundingsOfFile } from '../../src/cli/surroundings.ts';
import { loadConfig } from '../../src/config/load.ts';
import { silentLog } from '../../src/kit/silent-log.ts';

const home = mkdtempSync(join(tmpdir(), 'cc-work-dir-'));
afterEach(() => rmSync(home, { recursive: true, force: true }));

it.each([
  ['', '/work'],
  ['work_dir = "."', '/work'],
  ['work_dir = "web"', '/work/web'],
  ['work_dir = "/srv"', '/srv'],
])(
  'an agent with %j works in %s when cc-connect is started in /work, wherever its config lies',
  async (line, expected) => {
    const folder = join(home, '.cc-connect');
    mkdirSync(folder, { recursive: true });
    const file = join(folder, 'config.toml');
    writeFileSync(
      file,
      `[[projects]]\nname = "a"\nagent.type = "acp"\n[projects.agent.options]\ncommand = "x"\n${line}\n`,
    );
    const loaded = await loadConfig(file, { HOME: home }, { cwd: '/work' });
    const { config } = loaded;
    const [project] = config?.projects ?? [];
    if (!config || !project) throw new Error(loaded.problems.map(({ message }) => message).join());
    const definition = await adapterRegistry().agent('acp');
    const looking = surroundingsOfFile(config, '/work');
    // A running daemon's, which differ in what they remember only.
    for (const around of [looking, { ...looking, baseDir: loaded.folder }])
      expect(makeAgent(around, definition, config, project, project.agent, silentLog).workDir).toBe(expected);
  },
);
