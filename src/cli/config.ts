import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { CheckReport } from '../config/report.ts';
import { AppError } from '../core/errors.ts';
import { configCandidates } from './data-dir.ts';
import type { Io } from './io.ts';
import { Command, parse } from './parse.ts';

interface Flags {
  readonly config?: string;
  readonly json?: boolean;
}

/** `cc-connect config path|check|format|example`. */
export async function config(argv: readonly string[], io: Io): Promise<number> {
  let code = 0;
  const command = new Command('config').description('Finds, checks and formats the configuration.');
  command
    .command('path')
    .description('print which file is used')
    .option('--config <file>', 'configuration file')
    .action(async (flags: Flags) => io.out(await configFile(flags.config, io)));
  command
    .command('check')
    .description('print everything that is wrong with it; exit 1 when there are errors')
    .argument('[file]', 'configuration file')
    .option('--config <file>', 'configuration file')
    .option('--json', 'as JSON')
    .action(async (file: string | undefined, flags: Flags) => {
      code = await check(await configFile(flags.config ?? file, io), flags, io);
    });
  command
    .command('format')
    .alias('fmt')
    .description('tidy the layout; comments, keys and values stay')
    .argument('[file]', 'configuration file')
    .option('--config <file>', 'configuration file')
    .action(async (given: string | undefined, flags: Flags) => {
      const file = await configFile(flags.config ?? given, io);
      const { formatConfigFile } = await import('../config/report.ts');
      io.out((await formatConfigFile(file)) ? `Formatted ${file}` : `${file} is formatted already`);
    });
  command
    .command('example')
    .description('print a commented configuration with every setting')
    .action(async () => io.out((await import('../config/example.ts')).exampleConfig().trimEnd()));
  return (await parse(command, argv, io)) ?? code;
}

/** `cc-connect config-example`, as scripts written for the Go cc-connect call it. */
export function configExample(argv: readonly string[], io: Io): Promise<number> {
  io.err('Note: "config-example" is deprecated; use "cc-connect config example".');
  return config(['example', ...argv], io);
}

async function check(file: string, flags: Flags, io: Io): Promise<number> {
  const { report } = await fullReport(file, io);
  if (flags.json) {
    const { problems, inactive, notes } = report;
    io.out(JSON.stringify({ file, problems, inactive, notes }, undefined, 2));
  } else for (const line of report.lines) io.out(line);
  return report.exitCode;
}

/** What the schema, the adapters and this version's abilities say about a file. Throws when it cannot be read. */
export async function fullReport(
  file: string,
  io: Io,
): Promise<{ readonly report: CheckReport; readonly dataDir: string | undefined }> {
  const { loadConfig } = await import('../config/load.ts');
  const { reportOn } = await import('../config/report.ts');
  const { optionProblems, sharedBotProblems } = await import('../app/option-problems.ts');
  const { dryRun } = await import('../app/surroundings.ts');
  const { surroundingsOfFile } = await import('./surroundings.ts');
  const { activeTypes } = await import('../app/active-types.ts');
  const loaded = await loadConfig(file, io.env, { cwd: io.cwd });
  const { config, settings } = loaded;
  const dry = dryRun(surroundingsOfFile(settings, io.cwd), settings);
  const findings = [
    ...(await optionProblems(loaded, dry)),
    ...(config ? await sharedBotProblems(config, dry) : []),
  ];
  const report = reportOn(loaded, { cwd: io.cwd, active: activeTypes(), more: () => loaded.place(findings) });
  return { report, dataDir: config?.data_dir };
}

/** The named file, else the first that exists in the usual places. */
export async function configFile(named: string | undefined, io: Io): Promise<string> {
  if (named !== undefined) return resolve(io.cwd, named);
  const candidates = configCandidates(io);
  for (const file of candidates) {
    const found = await stat(file).then(
      () => true,
      () => false,
    );
    if (found) return file;
  }
  throw new AppError('config_missing', `no configuration found (looked for ${candidates.join(' and ')})`, {
    kind: 'missing',
    advice: 'run "cc-connect" once; it writes a first one',
  });
}
