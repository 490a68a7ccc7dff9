import { AppError } from '../core/errors.ts';

const UNITS: Record<string, number> = { '': 1, K: 1024, M: 1024 ** 2, G: 1024 ** 3, T: 1024 ** 4 };

/** Bytes of a size as people write it: `512K`, `10MB`, `1.5 GiB`, `2048`. @throws AppError `size_invalid` */
export function parseSize(text: string): number {
  const match = /^\s*(\d+(?:\.\d+)?)\s*([kmgt]?)(?:i?b)?\s*$/i.exec(text);
  const unit = UNITS[match?.[2]?.toUpperCase() ?? ''];
  if (match === null || unit === undefined) {
    throw new AppError('size_invalid', `"${text}" is not a size`, {
      kind: 'validation',
      advice: 'write it as 512K, 10MB or 1GB',
    });
  }
  return Math.floor(Number(match[1]) * unit);
}
