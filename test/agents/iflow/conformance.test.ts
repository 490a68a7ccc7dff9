import { agentConformance } from '../../conformance/agent.ts';
import { fakeIflow } from './fake.ts';

const prompts = {
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
  // Its exit is the end of the turn: without an answer it is a failure.
  vanish: 'vanish',
};

agentConformance({
  name: 'iflow',
  make: ({ slow }) => fakeIflow(slow ? { FAKE_START_MS: '60000' } : {}),
  prompts,
});
