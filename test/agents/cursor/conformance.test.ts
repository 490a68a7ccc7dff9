import { agentConformance } from '../../conformance/agent.ts';
import { FAKE, fakeCursor } from './fake.ts';

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
  vanish: 'say bye\nvanish',
};

agentConformance({
  name: 'cursor',
  make: ({ slow }) => fakeCursor(slow ? { FAKE_START_MS: '60000' } : {}),
  prompts,
});

agentConformance({
  name: 'cursor without partial output',
  make: ({ slow }) =>
    fakeCursor(slow ? { FAKE_START_MS: '60000' } : {}, { cmd: [process.execPath, FAKE, 'old-version'] }),
  prompts,
});
