import { agentConformance } from '../../conformance/agent.ts';
import { fakeCodex } from './fake.ts';

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
  name: 'codex app-server',
  make: ({ slow }) => fakeCodex(slow ? { FAKE_START_MS: '60000' } : {}),
  prompts,
});

agentConformance({
  name: 'codex app-server that begins a turn before it replies',
  make: ({ slow }) => fakeCodex({ FAKE_LATE_START: '1', ...(slow ? { FAKE_START_MS: '60000' } : {}) }),
  prompts,
});

agentConformance({
  name: 'codex exec',
  make: ({ slow }) =>
    fakeCodex(slow ? { FAKE_START_MS: '60000' } : {}, { backend: 'exec', mode: 'full-auto' }),
  prompts: { ...prompts, ask: undefined },
});
