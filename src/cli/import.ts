import { join, resolve } from 'node:path';
import { AppError } from '../core/errors.ts';
import { configFile } from './config.ts';
import type { Io } from './io.ts';
import { Command, parse } from './parse.ts';

interface Flags {
  readonly config?: string;
}

/** `cc-connect import go`. */
export async function importCommand(argv: readonly string[], io: Io): Promise<number> {
  const command = new Command('import').description('Takes over the state of another version.');
  command
    .command('go')
    .description(
      "take over the Go version's sessions, also those of its workspaces and early files, with the names of people and chats, from the same data directory; its files are not changed",
    )
    .option('--config <file>', 'configuration file')
    .action((flags: Flags) => importFromGo(flags, io));
  return (await parse(command, argv, io)) ?? 0;
}

async function importFromGo(flags: Flags, io: Io): Promise<void> {
  const { usableConfig } = await import('./open-daemon.ts');
  const { makeAgent } = await import('../app/surroundings.ts');
  const { surroundingsOfFile } = await import('./surroundings.ts');
  const { silentLog } = await import('../kit/silent-log.ts');
  const { importGo } = await import('../features/import-go/import-go.ts');
  const file = await configFile(flags.config, io);
  const config = await usableConfig(file, io);
  const around = surroundingsOfFile(config, io.cwd);
  const projects = await Promise.all(
    config.projects.map(async (project) => {
      const made = around.adapters
        .agent(project.agent.type)
        .then((definition) => makeAgent(around, definition, config, project, project.agent, silentLog));
      const agent = await made.catch((error: unknown) => {
        if (error instanceof AppError) return undefined; // its sessions are worth keeping all the same
        throw error;
      });
      const { work_dir: raw } = project.agent.options;
      const workDir = agent?.workDir ?? resolve(io.cwd, typeof raw === 'string' ? raw : '.');
      return { name: project.name, workDir, agentType: project.agent.type };
    }),
  );
  const report = await withStore(config.data_dir, (store, queries) =>
    importGo(config.data_dir, projects, store, queries),
  );
  io.out(`Imported ${report.sessions} sessions with ${report.messages} messages.`);
  for (const line of report.skipped) io.out(`  left out: ${line}`);
  for (const line of report.untouched) io.out(`  not taken over, left as it is: ${line}`);
  io.out('Conversations and names are taken over. The files of the Go version were read, not changed.');
}

async function withStore<T>(
  dataDir: string,
  work: (
    store: import('../store/store.ts').Store,
    queries: import('../store/queries.ts').Queries,
  ) => Promise<T>,
): Promise<T> {
  const { acquireLock, dataLockPath } = await import('../store/lock.ts');
  const { failpointOf } = await import('../store/failpoint.ts');
  const { Store } = await import('../store/store.ts');
  const { Queries } = await import('../store/queries.ts');
  // The daemon's own lock: two writers would not see each other's sessions.
  const lock = await acquireLock(dataLockPath(dataDir), dataDir);
  try {
    const path = join(dataDir, 'state.db');
    const store = await Store.open({ path, durability: 'full', failpoint: failpointOf(process.env) });
    try {
      return await work(store, new Queries(store.read));
    } finally {
      await store.close();
    }
  } finally {
    lock.release();
  }
}
