import { basename, relative } from 'node:path';
import { runtime } from '../kit/runtime.ts';
import type { Io } from './io.ts';

/** What a person types here to run this very program: `cc-connect`, `npm start --` or a path. */
export function ownName(io: Io): string {
  if (io.env.npm_lifecycle_event === 'start') return 'npm start --';
  const started = runtime().kind === 'binary' ? process.execPath : (process.argv[1] ?? '');
  if (!basename(started).endsWith('.js')) return basename(started) || 'cc-connect';
  return `node ${relative(io.cwd, started) || started}`;
}
