import { statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import manifest from '../../package.json' with { type: 'json' };

// Filled in by the build scripts; absent when running from source.
declare const __CC_COMMIT__: string | undefined;

export const buildInfo = {
  version: manifest.version,
  commit: typeof __CC_COMMIT__ === 'string' ? __CC_COMMIT__ : 'unknown',
  /** When the running file was made: ISO date and time. */
  get built(): string {
    return statSync(fileURLToPath(import.meta.url)).mtime.toISOString();
  },
};
