import { AppError } from '../../core/errors.ts';
import type { DoctorFinding } from '../../servers/local/backend.ts';
import { socketPath } from '../../servers/local/socket-path.ts';
import { callDaemon } from '../client.ts';
import { clientDataDir } from '../data-dir.ts';
import type { Io } from '../io.ts';
import { Command, parse } from '../parse.ts';
import { notActive } from '../unknown-command.ts';
import { checkConfiguration } from './configuration.ts';
import { checkModes, stateFiles } from './files.ts';
import { renderFindings } from './findings.ts';
import { checkClock, checkDisk, checkRuntime } from './machine.ts';
import { checkStore } from './store.ts';

interface Flags {
  readonly config?: string;
  readonly dataDir?: string;
  readonly json?: boolean;
}

/** `cc-connect doctor`: what is wrong, each with its fix; exit 1 when there are errors. */
export async function doctor(argv: readonly string[], io: Io): Promise<number> {
  if (argv[0] === 'user-isolation') throw notActive('doctor user-isolation');
  let code = 0;
  const command = new Command('doctor')
    .description('Finds out what is wrong and how to fix it; works with and without a running daemon.')
    .option('--config <file>', 'configuration file')
    .option('--data-dir <dir>', 'data directory of the daemon')
    .option('--json', 'as JSON')
    .action(async (flags: Flags) => {
      const findings = await examine(flags, io);
      if (flags.json) io.out(JSON.stringify(findings, undefined, 2));
      else for (const line of renderFindings(findings)) io.out(line);
      code = findings.some((finding) => finding.level === 'error') ? 1 : 0;
    });
  return (await parse(command, argv, io)) ?? code;
}

async function examine(flags: Flags, io: Io): Promise<readonly DoctorFinding[]> {
  const config = await checkConfiguration(flags.config, io);
  const named = flags.dataDir ?? (flags.config === undefined ? undefined : config.dataDir);
  const dataDir = await clientDataDir(named === undefined ? {} : { dataDir: named }, io);
  const files = await stateFiles(dataDir);
  return [
    checkRuntime(),
    ...config.findings,
    ...(await checkModes(config.file, dataDir)),
    ...(await checkStore(dataDir)),
    await checkDisk(dataDir),
    await checkClock(config.file ? [config.file, ...files] : files),
    ...(await askDaemon(dataDir, config.file, io)),
  ];
}

/** Agents and platforms as the running daemon sees them; without one they are tried from here. */
async function askDaemon(
  dataDir: string,
  configFile: string | undefined,
  io: Io,
): Promise<readonly DoctorFinding[]> {
  try {
    const found = (await callDaemon(dataDir, 'GET', '/doctor')) as readonly DoctorFinding[];
    return [{ area: 'daemon', level: 'ok', what: `running, answers on ${socketPath(dataDir)}` }, ...found];
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    if (error.code !== 'not_running')
      return [
        {
          area: 'daemon',
          level: 'error',
          what: error.message,
          ...(error.advice ? { fix: error.advice } : {}),
        },
      ];
  }
  const idle: DoctorFinding = {
    area: 'daemon',
    level: 'warning',
    what: 'not running',
    fix: 'start it with "cc-connect"',
  };
  if (configFile === undefined) return [idle];
  const { checkAdapters } = await import('./adapters.ts');
  return [idle, ...(await checkAdapters(configFile, io))];
}
