import { agentConformance } from '../../conformance/agent.ts';
import { bundleProgram } from '../../sim/agent/bundle-program.ts';
import { ACP_PROMPTS } from '../acp-conformance.ts';
import { fakeOpenCode } from './fake.ts';

agentConformance({
  name: 'opencode run',
  make: ({ slow }) => fakeOpenCode(slow ? { FAKE_START_MS: '60000' } : {}, { backend: 'run' }),
  prompts: {
    hello: 'say hello',
    ask: undefined,
    hang: 'say wait\nhang',
    garbage: 'garbage\nsay hello',
    huge: 'huge 3000000',
    die: 'say last words\ndie',
    child: 'child\nhang',
    digest: 'digest',
    hold: 'say held\nhold',
    complain: 'complain',
    vanish: 'say bye\nvanish',
  },
});

agentConformance({
  name: 'opencode over ACP',
  async make({ slow }) {
    const program = await bundleProgram('test/sim/agent/acp-program.ts');
    const env = { FAKE_NO_ECHO: '1', ...(slow ? { FAKE_START_MS: '60000' } : {}) };
    const made = await fakeOpenCode(env, {}, undefined, program.path);
    return {
      ...made,
      async dispose() {
        await made.dispose();
        await program.remove();
      },
    };
  },
  prompts: ACP_PROMPTS,
});
