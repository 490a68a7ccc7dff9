import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { definition } from '../../../src/agents/kimi/index.ts';
import { agentConformance } from '../../conformance/agent.ts';
import { bundleProgram } from '../../sim/agent/bundle-program.ts';
import { quietLog } from '../../sim/agent/session-reader.ts';

agentConformance({
  name: 'kimi',
  async make({ slow }) {
    const program = await bundleProgram('test/sim/agent/acp-program.ts');
    const workDir = await mkdtemp(join(tmpdir(), 'cc-kimi-'));
    const env = { HOME: workDir, FAKE_NO_ECHO: '1', ...(slow ? { FAKE_START_MS: '60000' } : {}) };
    const options = { command: [process.execPath, program.path], work_dir: workDir, env };
    return {
      agent: definition.create(options, {
        log: quietLog,
        cacheDir: join(workDir, 'cache'),
        baseDir: workDir,
      }),
      spec: {
        workDir,
        env: { PATH: process.env.PATH ?? '' },
        systemPrompt: '',
        allowedTools: [],
        marker: `kimi-conformance-${workDir}`,
      },
      async dispose() {
        await rm(workDir, { recursive: true, force: true });
        await program.remove();
      },
    };
  },
  prompts: {
    hello: 'say: hello',
    ask: 'ask: Bash {"command":"make"}',
    hang: 'say: wait ;; hang',
    garbage: 'say: hello ;; garbage',
    huge: 'big: 3000000',
    die: 'say: last words ;; kill',
    child: 'spawn-child: 300 ;; hang',
    digest: 'digest',
    hold: 'say: held ;; hold',
    complain: 'complain',
    vanish: 'say: bye ;; vanish',
  },
});
