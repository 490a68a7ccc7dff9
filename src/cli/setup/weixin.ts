import { AppError } from '../../core/errors.ts';
import { type Login, logIn, notScanned } from '../../platforms/weixin/login.ts';
import { weixinSetup } from '../../platforms/weixin/setup.ts';
import type { Io } from '../io.ts';
import { Command, parse } from '../parse.ts';
import { ask, isInteractive } from './ask.ts';
import { type Given, gather } from './credentials.ts';
import { finish } from './finish.ts';
import { findPlace } from './place.ts';
import { showQr } from './qr.ts';
import { owned, type QrFlags, stopping, withQrFlags } from './qr-setup.ts';

interface Flags extends QrFlags {
  readonly token?: string;
  readonly apiUrl?: string;
  readonly cdnUrl?: string;
  readonly botType?: string;
  readonly routeTag?: string;
}

type Way = 'setup' | 'new' | 'bind';

/** `cc-connect weixin setup|new|bind`. */
export async function weixin(argv: readonly string[], io: Io): Promise<number> {
  let code = 0;
  const command = new Command('weixin').description('Connects a personal Weixin account.');
  const add = (way: Way, description: string): Command =>
    withQrFlags(command.command(way).description(description), 480)
      .option(
        '--token <token>',
        'token of a bot you have (visible to others; better: asked, or $WEIXIN_TOKEN)',
      )
      .option('--api-url <url>', 'another address of the API; kept as base_url')
      .option('--cdn-url <url>', 'another address of pictures and files; kept as cdn_base_url')
      .option('--route-tag <tag>', 'SKRouteTag, if Weixin gave you one')
      .option('--bot-type <n>', 'kind of bot that is asked for')
      .action(async (flags: Flags) => {
        code = await setUp(way, flags, io);
      });
  add('setup', 'make a bot by scanning a QR code; with --token or --stdin bind one you have');
  add('new', 'make a bot by scanning a QR code');
  add('bind', 'write the token of a bot you have');
  return (await parse(command, argv, io)) ?? code;
}

async function setUp(way: Way, flags: Flags, io: Io): Promise<number> {
  const some = flags.token !== undefined || flags.stdin === true;
  if (way === 'new' && some)
    throw new AppError('usage', '"new" makes a bot and takes none', {
      kind: 'validation',
      advice: 'use "cc-connect weixin bind" for a token you have',
    });
  const place = await findPlace({ ...flags, types: ['weixin'] }, io);
  const scan = way === 'new' || (way === 'setup' && !some);
  const login = scan ? await scanned(flags, place.options, io) : undefined;
  const credentials: Readonly<Record<string, Given>> = login
    ? { token: { value: login.token, written: login.token } }
    : await gather(
        weixinSetup.credentials,
        place,
        { flags: { token: flags.token }, stdin: flags.stdin ?? false },
        io,
      );
  const { allowFrom, adminFrom } = owned(login?.userId, place, flags);
  const address = login?.baseUrl ?? flags.apiUrl;
  const more = {
    ...(address ? { base_url: address } : {}),
    ...(flags.cdnUrl ? { cdn_base_url: flags.cdnUrl } : {}),
    ...(flags.routeTag ? { route_tag: flags.routeTag } : {}),
    ...(flags.proxy ? { proxy: flags.proxy } : {}),
    ...(allowFrom ? { allow_from: allowFrom } : {}),
    // Keeps conversations together when a later scan gives another bot.
    ...(login?.botId && place.options.account_id === undefined ? { account_id: login.botId } : {}),
  };
  return finish({ type: 'weixin', setup: weixinSetup, place, credentials, more, adminFrom, flags }, io);
}

async function scanned(flags: Flags, there: Readonly<Record<string, unknown>>, io: Io): Promise<Login> {
  const stop = stopping();
  const late = AbortSignal.timeout(flags.timeout * 1000);
  const { apiUrl, routeTag, botType, qrImage, debug } = flags;
  const proxy = flags.proxy ?? (typeof there.proxy === 'string' ? there.proxy : undefined);
  let shown = 0;
  try {
    return await logIn(
      {
        ...(apiUrl ? { baseUrl: apiUrl } : {}),
        ...(routeTag ? { routeTag } : {}),
        ...(botType ? { botType } : {}),
        ...(proxy ? { proxy: { url: proxy } } : {}),
      },
      {
        async show({ content }) {
          shown++;
          io.out(
            shown === 1
              ? 'Scan this with Weixin on your phone and confirm there:'
              : 'The code has run out; scan this one instead:',
          );
          await showQr(content, qrImage, io);
        },
        scanned: () => io.out('Scanned. Confirm on the phone …'),
        ...(isInteractive(io)
          ? {
              number: (again: boolean) =>
                ask(
                  again
                    ? 'That was not the number; type what the phone shows'
                    : 'Type the number the phone shows',
                  { secret: false },
                  io,
                ),
            }
          : {}),
        ...(debug ? { debug: (state: string) => io.err(`debug: ${state}`) } : {}),
      },
      AbortSignal.any([stop.signal, late]),
    );
  } catch (error) {
    if (stop.signal.aborted) throw stop.signal.reason;
    if (!late.aborted) throw error;
    throw notScanned();
  } finally {
    stop.release();
  }
}
