import { mkdir, mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ModelServer, startModelServer } from '../sim/models/anthropic.ts';
import { programPath } from './programs.mjs';

export { type ModelServer, startModelServer };

/** The pinned version and the oldest supported one. */
export const CLAUDE_VERSIONS = ['2.1.329', '2.1.197'] as const;

/** Path of the installed program; throws when `npm run test:agents` has not installed it. */
export function claudeBinary(version: string): string {
  return programPath('@anthropic-ai/claude-code', version);
}

/** A fresh HOME and working directory outside any repository, both removed by `remove`. */
export interface Place {
  readonly home: string;
  readonly workDir: string;
  readonly cacheDir: string;
  remove(): Promise<void>;
}

export async function freshPlace(): Promise<Place> {
  // Resolved, because the CLI names its folders after the resolved path.
  const root = await realpath(await mkdtemp(join(tmpdir(), 'cc-real-')));
  const place = { home: join(root, 'home'), workDir: join(root, 'work'), cacheDir: join(root, 'cache') };
  for (const dir of Object.values(place)) await mkdir(dir);
  const remove = () => rm(root, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  return { ...place, remove };
}

/** An environment built from nothing: no login and no setting of this machine takes part. */
export function envFor(home: string, modelUrl: string): Record<string, string> {
  return {
    PATH: process.env.PATH ?? '/usr/bin:/bin',
    HOME: home,
    TERM: 'dumb',
    LANG: 'C.UTF-8',
    ANTHROPIC_API_KEY: 'sk-scripted-key',
    ANTHROPIC_BASE_URL: modelUrl,
    CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
    CLAUDE_CODE_MAX_RETRIES: '1',
    DISABLE_AUTOUPDATER: '1',
    DISABLE_ERROR_REPORTING: '1',
    DISABLE_TELEMETRY: '1',
  };
}
