import { agentConformance } from '../../conformance/agent.ts';
import { fakeClaude } from './fake.ts';

const prompts = {
  hello: 'say hello',
  ask: 'ask',
  hang: 'say wait\nhang',
  garbage: 'garbage\nsay hello',
  huge: 'huge 3000000',
  die: 'say last words\ndie',
  child: 'child\nhang',
  digest: 'digest',
  hold: 'say held\nhold\ndie',
  complain: 'complain',
  vanish: 'say bye\nvanish',
};

agentConformance({
  name: 'claudecode',
  make: ({ slow }) => fakeClaude(slow ? { FAKE_START_MS: '60000' } : {}),
  prompts,
});

agentConformance({
  name: 'claudecode without lifecycle lines',
  make: ({ slow }) => fakeClaude({ FAKE_OLD: '1', ...(slow ? { FAKE_START_MS: '60000' } : {}) }),
  prompts,
});
