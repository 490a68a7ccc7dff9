import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AppError } from '../../core/errors.ts';

const PROGRAM = 'demo-agent.js';

/**
 * How to start the demo agent: the single binary is its own demo agent, otherwise the built program lies beside
 * the running bundle, or in `dist/` above sources that run without a bundle.
 */
export function demoCommand(from = import.meta.url): { command: string; args: string[] } {
  if (process.getBuiltinModule('node:sea')?.isSea()) {
    return { command: process.execPath, args: ['__demo-agent'] };
  }
  return { command: process.execPath, args: [locate(dirname(fileURLToPath(from)))] };
}

function locate(start: string): string {
  for (let folder = start; ; folder = dirname(folder)) {
    for (const candidate of [join(folder, PROGRAM), join(folder, 'dist', PROGRAM)]) {
      if (existsSync(candidate)) return candidate;
    }
    if (dirname(folder) === folder) break;
  }
  throw new AppError('agent.demo_missing', 'The built-in demo agent was not found', {
    kind: 'missing',
    advice: 'Run "npm run build" first.',
  });
}
