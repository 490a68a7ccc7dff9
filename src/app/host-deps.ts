import type { LoadedConfig } from '../config/load.ts';
import type { Log } from '../core/platform.ts';
import type { AgentSlots } from '../engine/agent-slots.ts';
import type { CommandTable } from '../engine/command-table.ts';
import type { ModelSwitch } from '../engine/model-switch.ts';
import type { Queries } from '../store/queries.ts';
import type { Store } from '../store/store.ts';
import type { Accounts } from './accounts.ts';
import type { AdapterRegistry } from './adapters.ts';

/** What all projects of a daemon share. */
export interface HostDeps {
  readonly store: Store;
  readonly queries: Queries;
  readonly slots: AgentSlots;
  readonly modelSwitch: ModelSwitch;
  readonly table: CommandTable;
  readonly adapters: AdapterRegistry;
  readonly accounts: Accounts;
  readonly log: Log;
  readonly dataDir: string;
  readonly startedAt: number;
  /** Replaced on reload. */
  loaded: LoadedConfig;
}
