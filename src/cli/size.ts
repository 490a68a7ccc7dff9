import { AppError } from '../core/errors.ts';

const factors: Readonly<Record<string, number>> = { '': 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 };

/** Bytes from `10MB`, `512K`, `1g` or a bare number. Throws `usage`. */
export function parseSize(value: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*([kmg]?)i?b?$/i.exec(value.trim());
  const bytes = match ? Math.round(Number(match[1]) * (factors[(match[2] ?? '').toLowerCase()] ?? 1)) : 0;
  if (bytes < 1)
    throw new AppError('usage', `"${value}" is not a size`, {
      kind: 'validation',
      advice: 'write it like 10MB, 512K or 1048576',
    });
  return bytes;
}
