import { AppError } from '../../core/errors.ts';
import { type RegisteredApp, registerApp, registrationTiming } from '../../platforms/feishu/registration.ts';
import type { Io } from '../io.ts';
import { Command, Option, parse } from '../parse.ts';
import { definitionOf } from './confirm.ts';
import { type Given, gather } from './credentials.ts';
import { finish } from './finish.ts';
import { findPlace, type Place } from './place.ts';
import { showQr } from './qr.ts';
import { owned, type QrFlags, stopping, withQrFlags } from './qr-setup.ts';

interface Flags extends QrFlags {
  readonly app?: string;
  readonly appId?: string;
  readonly appSecret?: string;
  readonly platformType?: 'feishu' | 'lark';
  readonly domain?: string;
  readonly accountsUrl?: string;
}

type Way = 'setup' | 'new' | 'bind';

/** `cc-connect feishu setup|new|bind`. */
export async function feishu(argv: readonly string[], io: Io): Promise<number> {
  let code = 0;
  const command = new Command('feishu').description('Connects Feishu or Lark.');
  const add = (way: Way, description: string): Command =>
    withQrFlags(command.command(way).description(description), 600)
      .option('--app <id:secret>', 'App ID and App Secret (visible to others; better: asked, or --stdin)')
      .option('--app-id <id>', 'App ID, cli_…')
      .option('--app-secret <secret>', 'App Secret (visible to others; better: asked, or $FEISHU_APP_SECRET)')
      .addOption(new Option('--platform-type <type>', 'which service').choices(['feishu', 'lark']))
      .option('--domain <url>', 'another address of the API; kept in the configuration')
      .addOption(new Option('--accounts-url <url>').hideHelp())
      .action(async (flags: Flags) => {
        code = await setUp(way, flags, io);
      });
  add('setup', 'make an app by scanning a QR code; with --app, --app-id or --stdin bind one you have');
  add('new', 'make an app by scanning a QR code');
  add('bind', 'write the App ID and App Secret of an app you have').alias('link');
  return (await parse(command, argv, io)) ?? code;
}

async function setUp(way: Way, flags: Flags, io: Io): Promise<number> {
  const given = credentialsOf(flags);
  const some = given.app_id !== undefined || given.app_secret !== undefined || flags.stdin === true;
  if (way === 'new' && some)
    throw new AppError('usage', '"new" makes an app and takes none', {
      kind: 'validation',
      advice: 'use "cc-connect feishu bind" for an app you have',
    });
  const place = await findPlace({ ...flags, types: ['feishu', 'lark'] }, io);
  const scan = way === 'new' || (way === 'setup' && !some);
  const app = scan ? await scanned(flags, io) : undefined;
  const type = flags.platformType ?? app?.brand ?? typeThere(place) ?? 'feishu';
  const setup = (await definitionOf(type)).setup;
  if (!setup) throw new AppError('no_setup', `${type} has no set-up help`, { kind: 'missing' });
  const credentials: Readonly<Record<string, Given>> = app
    ? { app_id: asGiven(app.appId), app_secret: asGiven(app.appSecret) }
    : await gather(setup.credentials, place, { flags: given, stdin: flags.stdin ?? false }, io);
  const { allowFrom, adminFrom } = owned(app?.owner, place, flags);
  const more = {
    ...(flags.domain ? { domain: flags.domain } : {}),
    ...(flags.proxy ? { proxy: flags.proxy } : {}),
    ...(allowFrom ? { allow_from: allowFrom } : {}),
  };
  return finish({ type, setup, place, credentials, more, adminFrom, flags }, io);
}

function typeThere({ typeThere: type }: Place): 'feishu' | 'lark' | undefined {
  return type === 'feishu' || type === 'lark' ? type : undefined;
}

function asGiven(value: string): Given {
  return { value, written: value };
}

function credentialsOf({ app, appId, appSecret }: Flags): Readonly<Record<string, string | undefined>> {
  if (app === undefined) return { app_id: appId, app_secret: appSecret };
  const [, id, secret] = /^\s*([^:\s]+):(\S+)\s*$/.exec(app) ?? [];
  if (!id || !secret)
    throw new AppError('usage', '--app takes the App ID and the App Secret with a colon between', {
      kind: 'validation',
    });
  if (appId !== undefined || appSecret !== undefined)
    throw new AppError('usage', 'give either --app or --app-id and --app-secret', { kind: 'validation' });
  return { app_id: id, app_secret: secret };
}

async function scanned(flags: Flags, io: Io): Promise<RegisteredApp> {
  const { timeout, qrImage, debug, accountsUrl } = flags;
  const stop = stopping();
  try {
    return await registerApp(
      accountsUrl ? { accounts: accountsUrl, larkAccounts: accountsUrl } : {},
      {
        async show({ address, expiresInMs }) {
          io.out('Scan this with Feishu or Lark on your phone and confirm there:');
          await showQr(address, qrImage, io);
          io.out(`Waiting up to ${Math.ceil(expiresInMs / 60_000)} minutes …`);
        },
        ...(debug ? { debug: (line: string) => io.err(`debug: ${line}`) } : {}),
      },
      stop.signal,
      { ...registrationTiming, timeoutMs: timeout * 1000 },
    );
  } catch (error) {
    throw stop.signal.aborted ? stop.signal.reason : error;
  } finally {
    stop.release();
  }
}
