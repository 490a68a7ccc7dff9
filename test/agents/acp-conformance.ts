import type { AgentDefinition } from '../../src/core/agent.ts';
import { agentConformance } from '../conformance/agent.ts';
import { bundleProgram } from '../sim/agent/bundle-program.ts';
import { scriptedAgent } from './scripted-agent.ts';

/** The conformance suite's prompts in the words of the scripted ACP program. */
export const ACP_PROMPTS = {
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
};

/** The adapter with the scripted ACP program in the place of its CLI. */
export async function overAcp(definition: AgentDefinition, slow: boolean, options: object = {}) {
  const program = await bundleProgram('test/sim/agent/acp-program.ts');
  const env = { FAKE_NO_ECHO: '1', ...(slow ? { FAKE_START_MS: '60000' } : {}) };
  const made = await scriptedAgent(definition, program.path, env, options);
  return {
    ...made,
    async dispose() {
      await made.dispose();
      await program.remove();
    },
  };
}

/** The conformance suite for an adapter that speaks ACP only. */
export function acpConformance(definition: AgentDefinition): void {
  agentConformance({
    name: definition.type,
    make: ({ slow }) => overAcp(definition, slow),
    prompts: ACP_PROMPTS,
  });
}
