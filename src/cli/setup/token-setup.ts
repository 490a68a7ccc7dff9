import { AppError } from '../../core/errors.ts';
import type { SetupGuide } from '../../core/platform.ts';
import type { Io } from '../io.ts';
import { Command, parse, positive } from '../parse.ts';
import { isInteractive } from './ask.ts';
import { definitionOf } from './confirm.ts';
import { flagOf, gather } from './credentials.ts';
import { finish } from './finish.ts';
import { findPlace } from './place.ts';

export interface CommonFlags {
  readonly project?: string;
  readonly config?: string;
  readonly platformIndex?: number;
  readonly proxy?: string;
  readonly skipVerify?: boolean;
  readonly reload: boolean;
  readonly stdin?: boolean;
}

/** Flags that every set-up command has. */
export function withCommonFlags(command: Command): Command {
  return command
    .option('-p, --project <name>', 'project; made when it is not there')
    .option('--config <file>', 'configuration file; written when it is not there')
    .option('--platform-index <n>', "which of the project's platforms of this type, from 1", positive)
    .option('--proxy <url>', 'proxy to reach the service through; kept in the configuration')
    .option('--stdin', 'read the credentials from stdin, one per line')
    .option('--skip-verify', 'write without asking the service')
    .option('--no-reload', 'leave a running cc-connect as it is');
}

/** `cc-connect <type> setup` for platforms whose credentials are copied from a web page. */
export async function tokenSetup(type: string, argv: readonly string[], io: Io): Promise<number> {
  const { setup } = await definitionOf(type);
  if (!setup) throw new AppError('no_setup', `${type} has no set-up help`, { kind: 'missing' });
  let code = 0;
  const command = new Command(type).description(`Connects ${setup.name}.`);
  const own = command
    .command('setup')
    .description(`check the credentials with ${setup.name}, tell what is missing, write the configuration`);
  for (const credential of setup.credentials)
    own.option(
      `--${flagOf(credential)} <value>`,
      `${credential.what} (visible to others; better: asked, or $${credential.env})`,
    );
  withCommonFlags(own)
    .option('--api-url <url>', `another address of the API; kept as ${setup.addressOption}`)
    .action(async (flags: CommonFlags & { readonly apiUrl?: string }) => {
      code = await setUp(type, setup, flags, io);
    });
  if (type === 'slack') await addManifest(command, io);
  return (await parse(command, argv, io)) ?? code;
}

async function setUp(
  type: string,
  setup: SetupGuide,
  flags: CommonFlags & { readonly apiUrl?: string },
  io: Io,
): Promise<number> {
  const place = await findPlace({ ...flags, types: [type] }, io);
  if (isInteractive(io) && place.at === undefined)
    for (const [at, step] of setup.before.entries()) io.out(`${at + 1}. ${step}`);
  const given = Object.fromEntries(
    setup.credentials.map(({ option }) => [
      option,
      (flags as unknown as Record<string, string | undefined>)[camel(option)],
    ]),
  );
  const credentials = await gather(
    setup.credentials,
    place,
    { flags: given, stdin: flags.stdin ?? false },
    io,
  );
  const more = {
    ...(flags.apiUrl ? { [setup.addressOption]: flags.apiUrl } : {}),
    ...(flags.proxy ? { proxy: flags.proxy } : {}),
  };
  return finish({ type, setup, place, credentials, more, flags }, io);
}

/** As commander names the value of a flag. */
function camel(option: string): string {
  return option.replaceAll(/_(.)/g, (_, letter: string) => letter.toUpperCase());
}

async function addManifest(command: Command, io: Io): Promise<void> {
  const { printManifest } = await import('./slack-manifest.ts');
  command
    .command('manifest')
    .description(
      'print an app manifest (JSON) for https://api.slack.com/apps › Create New App › From a manifest',
    )
    .option('--name <name>', 'name of the app and the bot, at most 35 characters')
    .action((flags: { readonly name?: string }) => printManifest(flags.name, io));
}
