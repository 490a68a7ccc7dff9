import { agentConformance } from '../../conformance/agent.ts';
import { fakeAgy } from './fake.ts';

const prompts = {
  hello: 'say hello',
  ask: 'ask',
  hang: 'say wait\nhang',
  garbage: 'garbage\nsay hello',
  huge: 'huge 3000000',
  die: 'say last words\ndie',
  child: 'child\nhang',
  digest: 'digest',
  hold: 'say held\nhold',
  complain: 'complain',
  vanish: 'say bye\nvanish',
};

agentConformance({
  name: 'antigravity',
  make: ({ slow }) => fakeAgy(slow ? { FAKE_START_MS: '60000' } : {}),
  prompts,
});
