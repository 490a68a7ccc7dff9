import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { readConfig } from '../../src/config/load.ts';
import { validateOptions } from '../../src/config/options.ts';
import { formatProblem } from '../../src/config/problem.ts';

const schema = z.object({
  token: z.string().min(1),
  progress_style: z.enum(['compact', 'legacy']).default('compact'),
  port: z.int().optional(),
});
const place = {
  key: 'projects[0].platforms[0].options',
  scope: { project: 'a', platform: 'telegram' },
} as const;

describe('adapter options', () => {
  it('come out typed and with defaults', () => {
    const { value, findings } = validateOptions(schema, { token: 't' }, place);
    expect(value).toEqual({ token: 't', progress_style: 'compact' });
    expect(findings).toEqual([]);
  });

  it('report every error at its line in the file', () => {
    const text =
      '[[projects]]\nname = "a"\nagent = { type = "demo" }\n[[projects.platforms]]\ntype = "telegram"\n[projects.platforms.options]\ntokn = "x"\nprogress_style = "compct"\nport = "1"\n';
    const loaded = readConfig(text, 'c.toml', { HOME: '/h' });
    const options = loaded.config?.projects[0]?.platforms[0]?.options;
    const { value, findings } = validateOptions(schema, options, place);
    expect(value).toBeUndefined();
    expect(loaded.place(findings).map(formatProblem)).toEqual([
      'c.toml:7:1: warning: projects[0].platforms[0].options.tokn: is not a known key and is ignored; did you mean "token"?',
      'c.toml:6:1: error: projects[0].platforms[0].options.token: is missing; expected text in quotes',
      'c.toml:8:1: error: projects[0].platforms[0].options.progress_style: is not a valid value; expected one of "compact", "legacy"; did you mean "compact"?',
      'c.toml:9:1: error: projects[0].platforms[0].options.port: is text in quotes; expected a number without quotes',
    ]);
  });

  it('take unknown keys of a strict schema for warnings too', () => {
    const { value, findings } = validateOptions(z.strictObject({ a: z.string() }), { a: 'x', b: 1 }, place);
    expect(value).toEqual({ a: 'x' });
    expect(findings).toMatchObject([{ severity: 'warning', key: 'projects[0].platforms[0].options.b' }]);
  });

  it('do not report keys that others read', () => {
    const { findings } = validateOptions(
      schema,
      { token: 't', allow_from: '*' },
      { ...place, alsoKnown: ['allow_from'] },
    );
    expect(findings).toEqual([]);
  });
});
