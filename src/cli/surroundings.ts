import { adapterRegistry } from '../app/adapters.ts';
import type { Surroundings } from '../app/surroundings.ts';
import type { Config } from '../config/schema/root.ts';
import { recordedMemory } from './recorded-memory.ts';

/** Those of the daemon that this config would start from the folder `cwd`, for a command that only looks. */
export function surroundingsOfFile(config: Pick<Config, 'data_dir'>, cwd: string): Surroundings {
  return {
    adapters: adapterRegistry(),
    dataDir: config.data_dir,
    baseDir: cwd,
    memory: (account) => recordedMemory(config.data_dir, account),
  };
}
