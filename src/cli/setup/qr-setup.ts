import { AppError } from '../../core/errors.ts';
import { type Command, Option, positive } from '../parse.ts';
import type { Place } from './place.ts';
import { type CommonFlags, withCommonFlags } from './token-setup.ts';

/** Flags of set-up commands that show a QR code. */
export interface QrFlags extends CommonFlags {
  /** Seconds. */
  readonly timeout: number;
  readonly qrImage?: string;
  readonly setAllowFromEmpty: boolean;
  readonly debug?: boolean;
}

export function withQrFlags(command: Command, timeoutSecs: number): Command {
  return withCommonFlags(command)
    .addOption(
      new Option('--timeout <seconds>', 'how long to wait for the scan')
        .argParser(positive)
        .default(timeoutSecs),
    )
    .option('--qr-image <file>', 'also write the QR code as a PNG')
    .addOption(
      new Option('--set-allow-from-empty [yes]', 'let the person who scanned in when allow_from is empty')
        .argParser(yesOrNo)
        .default(true)
        .preset(true),
    )
    .option('--debug', 'tell what the service answers');
}

/** The person who scanned owns the bot: they may use it where nobody else is named, and are the admin of a project that has no other chat. */
export function owned(
  person: string | undefined,
  place: Place,
  flags: QrFlags,
): { readonly allowFrom?: string; readonly adminFrom?: string } {
  const { allow_from: there } = place.options;
  const empty = there === undefined || there === '' || (Array.isArray(there) && there.length === 0);
  if (!person || !empty || !flags.setAllowFromEmpty) return {};
  return { allowFrom: person, ...(place.hasOthers ? {} : { adminFrom: person }) };
}

/** Ends waiting on Ctrl-C with a word instead of at once. */
export function stopping(): { readonly signal: AbortSignal; release(): void } {
  const controller = new AbortController();
  const stop = () =>
    controller.abort(new AppError('cancelled', 'stopped; nothing was written', { kind: 'validation' }));
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
  return {
    signal: controller.signal,
    release() {
      process.off('SIGINT', stop);
      process.off('SIGTERM', stop);
    },
  };
}

function yesOrNo(value: unknown): boolean {
  if (value === true || /^(true|yes|1)$/i.test(String(value))) return true;
  if (/^(false|no|0)$/i.test(String(value))) return false;
  throw new AppError('usage', '--set-allow-from-empty takes true or false', { kind: 'validation' });
}
