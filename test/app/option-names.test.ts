import { describe, expect, it } from 'vitest';
import { agentTypes } from '../../src/agents/registry.ts';
import { exampleConfig } from '../../src/config/example.ts';
import { readConfig } from '../../src/config/load.ts';
import { unknownOptions } from '../../src/config/options.ts';
import { OptionsError } from '../../src/core/options.ts';
import { ScratchMemory } from '../../src/kit/scratch-memory.ts';
import { silentLog } from '../../src/kit/silent-log.ts';
import { platformTypes } from '../../src/platforms/registry.ts';

type Raw = Readonly<Record<string, unknown>>;

const agentContext = { log: silentLog, cacheDir: '/nonexistent', baseDir: '/nonexistent' };
const platformContext = { ...agentContext, memory: () => new ScratchMemory(), project: 'p' };
/** An agent may read other options with each of its backends. */
const backends = [undefined, 'acp', 'print', 'run', 'exec', 'app_server', 'stream-json', 'rpc', 'json'];

/** What an adapter looks at, whatever it thinks of it. */
function read(create: (raw: Raw) => unknown): string[] {
  const seen = new Set<string>();
  for (const backend of backends) {
    const raw = new Proxy<Raw>(backend === undefined ? {} : { backend }, {
      get(options, name) {
        seen.add(String(name));
        return options[String(name)];
      },
    });
    try {
      create(raw);
    } catch (error) {
      if (!(error instanceof OptionsError)) throw error;
    }
  }
  return [...seen].sort();
}

describe('config.example.toml', () => {
  const example = exampleConfig().replace(/^#(?=[a-z[])/gm, '');
  const { agents, platforms } = readConfig(example, 'x.toml', { HOME: '/h' }).entries;

  it('has no option of a platform that its adapter does not read', async () => {
    const found: string[] = [];
    for (const { config } of platforms) {
      const definition = await platformTypes.find(({ type }) => type === config.type)?.load();
      if (definition)
        found.push(...unknownOptions('platform', config, definition.options, 'file').map(({ key }) => key));
    }
    expect(platforms.length).toBeGreaterThan(5);
    expect(found).toEqual([]);
  });

  it('has no option of agents that none of them reads', async () => {
    const names = (await Promise.all(agentTypes.map(({ load }) => load()))).flatMap(({ options }) => options);
    const found = agents.flatMap(({ config }) => unknownOptions('agent', config, names, 'file'));
    expect(agents.length).toBeGreaterThan(1);
    expect(found).toEqual([]);
  });
});

describe('the options that an adapter names are exactly those it reads', () => {
  it.each(agentTypes)('agent $type', async ({ load }) => {
    const definition = await load();
    expect([...definition.options].sort()).toEqual(read((raw) => definition.create(raw, agentContext)));
  });

  it.each(platformTypes)('platform $type', async ({ load }) => {
    const definition = await load();
    expect([...definition.options].sort()).toEqual(read((raw) => definition.create(raw, platformContext)));
  });
});
