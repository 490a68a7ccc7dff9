import { agentConformance } from '../../conformance/agent.ts';
import { fakeCrush } from './fake.ts';

agentConformance({
  name: 'crush',
  make: ({ slow }) => fakeCrush(slow ? { FAKE_START_MS: '60000' } : {}),
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
    // Its exit is the end of the turn: without an answer it is a failure.
    vanish: 'vanish',
  },
});
