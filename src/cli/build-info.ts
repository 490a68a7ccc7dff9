import manifest from '../../package.json' with { type: 'json' };

// Filled in by the build scripts; absent when running from source.
declare const __CC_COMMIT__: string | undefined;
declare const __CC_BUILT__: string | undefined;

export const buildInfo = {
  version: manifest.version,
  commit: typeof __CC_COMMIT__ === 'string' ? __CC_COMMIT__ : 'unknown',
  /** ISO date and time. */
  built: typeof __CC_BUILT__ === 'string' ? __CC_BUILT__ : 'from source',
};
