import { it } from 'vitest';
import { agentConformance } from '../../conformance/agent.ts';
import { fakeTerminal, tmuxIsHere } from './fake.ts';

const prompts = {
  hello: 'say hello',
  ask: undefined,
  hang: 'say wait\nhang',
  garbage: 'garbage\nsay hello',
  huge: 'huge 3000000',
  die: 'say last words\ndie',
  child: 'child\nhang',
  digest: 'digest',
  hold: 'say held\nhold\ndie',
  complain: 'exit 3',
  vanish: 'say bye\nexit 0',
};

if (tmuxIsHere()) {
  agentConformance({
    name: 'tmux with a pane of its own',
    make: ({ slow }) =>
      fakeTerminal(slow ? { FAKE_START_MS: '60000' } : {}, { keep_pane: false, startup_wait_ms: 60_000 }),
    prompts,
  });
} else it.skip('tmux is not installed', () => undefined);
