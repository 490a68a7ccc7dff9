import { expect, it } from 'vitest';
import { howOf } from '../../src/app/project-platforms.ts';

it.each([
  ['card ', 'card'],
  [' compact', 'compact'],
  ['', 'legacy'],
  [undefined, 'legacy'],
])(
  'the style of progress %j is %s, blanks around it aside, as the check of the config has it',
  (style, expected) => {
    expect(howOf({ options: { progress_style: style } }).progressStyle).toBe(expected);
  },
);
