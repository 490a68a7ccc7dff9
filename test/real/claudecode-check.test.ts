import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { definition } from '../../src/agents/claudecode/index.ts';
import { bareEnv, RealBench } from './bench.ts';
import { CLAUDE_VERSIONS, claudeBinary } from './setup.ts';

let bench: RealBench | undefined;
afterEach(() => bench?.close());

const check = async (version: string, env: Readonly<Record<string, string>> = {}) => {
  bench = await RealBench.open({
    definition,
    options: ({ home }) => ({ cmd: [claudeBinary(version)], env: { HOME: home, ...env } }),
    env: bareEnv,
  });
  return bench;
};
const soon = () => AbortSignal.timeout(20_000);

describe.each(CLAUDE_VERSIONS)('[feature: check] claude %s', (version) => {
  // macOS keeps logins in its keychain, which is not looked into.
  const mac = process.platform === 'darwin';
  it.skipIf(mac)(
    'tells its version, the folder, and that nobody is logged in until somebody is',
    async () => {
      const { agent, place } = await check(version);
      expect(await agent.check(soon())).toMatchObject([
        { level: 'ok', what: expect.stringContaining(version) },
        { level: 'ok', what: expect.stringContaining(place.workDir) },
        { level: 'warning', what: expect.stringContaining('not to be logged in') },
      ]);
      await mkdir(join(place.home, '.claude'));
      await writeFile(join(place.home, '.claude', '.credentials.json'), '{}');
      expect((await agent.check(soon()))[2]).toMatchObject({ level: 'ok' });
    },
  );

  it('takes a key of the environment for a login', async () => {
    const { agent } = await check(version, { ANTHROPIC_API_KEY: 'sk-scripted-key' });
    expect((await agent.check(soon()))[2]).toMatchObject({
      level: 'ok',
      what: expect.stringContaining('variable'),
    });
  });
});
