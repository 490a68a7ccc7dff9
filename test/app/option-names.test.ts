import { describe, expect, it } from 'vitest';
import { agentTypes } from '../../src/agents/registry.ts';
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
