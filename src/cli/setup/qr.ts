import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { encode } from 'uqr';
import { AppError } from '../../core/errors.ts';
import { blackWhitePng } from '../../kit/png.ts';
import type { Io } from '../io.ts';

/** Modules of white around the code; the standard asks for four. */
const quiet = 4;
const pixelsPerModule = 8;

/** Shows `content` as a QR code in the terminal and, when `image` names a file, as a PNG. */
export async function showQr(content: string, image: string | undefined, io: Io): Promise<void> {
  const modules = encode(content, { ecc: 'L', border: quiet }).data;
  const fits = (io.stdout.columns ?? Number.MAX_SAFE_INTEGER) >= modules.length;
  if (fits) for (const line of qrLines(modules, io.stdout.isTTY === true)) io.out(line);
  else io.out('(the terminal is too narrow for the QR code)');
  io.out(`Or open this address on the phone: ${content}`);
  if (image === undefined) return;
  const file = resolve(io.cwd, image);
  await writeFile(file, qrPng(modules), { mode: 0o600 }).catch((cause: NodeJS.ErrnoException) => {
    throw new AppError('qr_image', `cannot write ${file} (${cause.code ?? cause.message})`, {
      kind: 'permission',
      cause,
    });
  });
  io.out(`The QR code is also in ${file}`);
}

/** Two rows of modules in one line. With colours it is black on white whatever the terminal's own are. */
export function qrLines(modules: readonly (readonly boolean[])[], colours: boolean): string[] {
  const lines: string[] = [];
  for (let y = 0; y < modules.length; y += 2) {
    const [upper = [], lower = []] = [modules[y], modules[y + 1]];
    const text = upper
      .map((black, x) => halves(black !== !colours, (lower[x] ?? false) !== !colours))
      .join('');
    lines.push(colours ? `\u001b[38;5;16;48;5;231m${text}\u001b[0m` : text);
  }
  return lines;
}

function halves(upper: boolean, lower: boolean): string {
  if (upper) return lower ? '█' : '▀';
  return lower ? '▄' : ' ';
}

export function qrPng(modules: readonly (readonly boolean[])[]): Buffer {
  const side = modules.length * pixelsPerModule;
  return blackWhitePng(side, side, (x, y) => {
    const row = modules[Math.floor(y / pixelsPerModule)];
    return row?.[Math.floor(x / pixelsPerModule)] === true;
  });
}
